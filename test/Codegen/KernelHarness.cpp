// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cases of one kernel each; see KernelHarness.h.

#include "KernelHarness.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;

namespace descent::test {

void registerDialects(MLIRContext &context) {
  context.loadDialect<DescentDialect, schedule::ScheduleDialect,
                      codegen::CodegenDialect>();
  loadCodegenDialects(context);
}

static KernelOp kernelOf(EntryOp entry) {
  auto kernels = entry.getBody().front().getOps<KernelOp>();
  if (kernels.empty())
    llvm::report_fatal_error("the entry has no kernel");
  return *kernels.begin();
}

schedule::KernelOp makeScheduleKernel(EntryOp entry, Layout layout) {
  KernelOp kernel = kernelOf(entry);
  OpBuilder b(entry->getContext());
  b.setInsertionPointToEnd(entry->getParentOfType<ModuleOp>().getBody());
  SmallVector<Value> operands;
  for (Value operand : kernel->getOperands())
    if (!llvm::is_contained(operands, operand))
      operands.push_back(operand);

  SmallVector<Attribute> reads, writes;
  SmallVector<schedule::BindingAccess> accesses;
  using schedule::BindingAccess;
  auto place = [&](ValueRange tensors, SmallVector<Attribute> &places,
                   BindingAccess access, int64_t padding) {
    int64_t offset = padding * schedule::kWordBytes;
    for (Value tensor : tensors) {
      if (layout != Layout::packed || tensor == tensors.front())
        accesses.push_back(access);
      int64_t bytes = schedule::elementBytes(tensor.getType());
      offset = llvm::alignTo(offset, bytes);
      places.push_back(schedule::OperandAttr::get(
          b.getContext(), accesses.size() - 1,
          layout == Layout::packed ? offset / bytes : 0));
      offset += schedule::byteSize(tensor.getType());
    }
  };
  place(operands, reads, BindingAccess::read, 3);
  if (layout == Layout::inPlace) {
    accesses[0] = BindingAccess::readwrite;
    writes.push_back(reads[0]);
    place(kernel.getResults().drop_front(), writes, BindingAccess::write, 0);
  } else {
    place(kernel.getResults(), writes, BindingAccess::write, 0);
  }

  SmallVector<Attribute> bindings;
  for (BindingAccess access : accesses)
    bindings.push_back(
        schedule::BindingAccessAttr::get(b.getContext(), access));
  std::string name = (entry.getSymName() + "_kernel").str();
  auto scheduled = b.create<schedule::KernelOp>(
      kernel.getLoc(), name, b.getArrayAttr(bindings), b.getArrayAttr(reads),
      b.getArrayAttr(writes), Attribute(), IntegerAttr());
  Block &block = scheduled.getBody().emplaceBlock();
  IRMapping mapping;
  for (Value operand : operands)
    mapping.map(operand, block.addArgument(operand.getType(), kernel.getLoc()));
  b.setInsertionPointToEnd(&block);
  Operation *clone = b.clone(*kernel, mapping);
  b.create<schedule::ReturnOp>(kernel.getLoc(), clone->getResults());
  return scheduled;
}

/// A number as it lies in memory, and the bits of a float of 16 bits.
static uint64_t toBits(double value, interpreter::Element element) {
  llvm::APFloat number(value);
  bool inexact;
  auto convert = [&](const llvm::fltSemantics &semantics) {
    number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
    return number.bitcastToAPInt().getZExtValue();
  };
  switch (element) {
  case interpreter::Element::F64:
    return llvm::bit_cast<uint64_t>(value);
  case interpreter::Element::F32:
    return llvm::bit_cast<uint32_t>(float(value));
  case interpreter::Element::F16:
    return convert(llvm::APFloat::IEEEhalf());
  case interpreter::Element::BF16:
    return convert(llvm::APFloat::BFloat());
  default:
    return uint32_t(int64_t(value));
  }
}

static double fromBits(uint64_t bits, interpreter::Element element) {
  auto convert = [&](const llvm::fltSemantics &semantics) {
    return llvm::APFloat(semantics, llvm::APInt(16, bits)).convertToDouble();
  };
  switch (element) {
  case interpreter::Element::F64:
    return llvm::bit_cast<double>(bits);
  case interpreter::Element::F32:
    return llvm::bit_cast<float>(uint32_t(bits));
  case interpreter::Element::F16:
    return convert(llvm::APFloat::IEEEhalf());
  case interpreter::Element::BF16:
    return convert(llvm::APFloat::BFloat());
  case interpreter::Element::UI32:
    return uint32_t(bits);
  default:
    return int32_t(uint32_t(bits));
  }
}

static unsigned bytesOf(interpreter::Element element) {
  switch (element) {
  case interpreter::Element::F64:
    return 8;
  case interpreter::Element::F16:
  case interpreter::Element::BF16:
    return 2;
  default:
    return 4;
  }
}

/// The value that the entry's kernel reads as block argument `index` of the
/// schedule's kernel.
static StringRef inputName(EntryOp entry, unsigned index) {
  SmallVector<Value> operands;
  for (Value operand : kernelOf(entry)->getOperands())
    if (!llvm::is_contained(operands, operand))
      operands.push_back(operand);
  return operands[index].getDefiningOp<ReadOp>().getSymbol();
}

Buffers makeBuffers(EntryOp entry, schedule::KernelOp kernel,
                    const interpreter::Environment &inputs) {
  Buffers buffers;
  for (int64_t length : kernel.getBindingLengths())
    buffers.emplace_back(length, 0xdeadbeefu);
  for (unsigned i = 0; i < kernel.getReads().size(); ++i) {
    const interpreter::Tensor &tensor = inputs.at(inputName(entry, i).str());
    schedule::OperandAttr place = kernel.getRead(i);
    unsigned size = bytesOf(tensor.element);
    auto *memory =
        reinterpret_cast<char *>(buffers[place.getBinding()].data()) +
        place.getOffset() * size;
    for (double value : tensor.values) {
      uint64_t bits = toBits(value, tensor.element);
      std::memcpy(memory, &bits, size);
      memory += size;
    }
  }
  return buffers;
}

interpreter::Environment readResults(EntryOp entry, schedule::KernelOp kernel,
                                     const Buffers &buffers) {
  interpreter::Environment results;
  KernelOp inner = kernelOf(entry);
  for (auto output : entry.getBody().front().getOps<OutputOp>()) {
    unsigned number = cast<OpResult>(output.getValue()).getResultNumber();
    schedule::OperandAttr place = kernel.getWrite(number);
    interpreter::Tensor tensor(inner.getResult(number).getType());
    unsigned size = bytesOf(tensor.element);
    const auto *memory =
        reinterpret_cast<const char *>(buffers[place.getBinding()].data()) +
        place.getOffset() * size;
    for (double &value : tensor.values) {
      uint64_t bits = 0;
      std::memcpy(&bits, memory, size);
      memory += size;
      value = fromBits(bits, tensor.element);
    }
    results[output.getName().str()] = std::move(tensor);
  }
  return results;
}

interpreter::Environment makeRoundedInputs(EntryOp entry, uint64_t seed) {
  interpreter::Environment inputs =
      interpreter::makeInputs(entry->getParentOfType<ModuleOp>(), seed);
  for (auto &[name, tensor] : inputs)
    if (tensor.element == interpreter::Element::F32)
      for (double &value : tensor.values)
        value = float(value);
  return inputs;
}

CompiledKernel compile(schedule::KernelOp kernel, const Profile &profile,
                       codegen::StrategyAttr strategy) {
  if (!strategy)
    strategy =
        codegen::selectStrategy(codegen::buildIterationSpace(kernel), profile);
  kernel.setStrategyAttr(strategy);
  FailureOr<CompiledKernel> compiled = compileKernel(kernel, profile);
  if (failed(compiled))
    llvm::report_fatal_error("compileKernel failed");
  return std::move(*compiled);
}

} // namespace descent::test
