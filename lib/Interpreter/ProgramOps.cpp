// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program around the tensors: constants, reads, writes, outputs, control
// words, arenas.

#include "Access.h"
#include "Evaluation.h"

using namespace mlir;

namespace descent::interpreter {

static FailureOr<Tensors> evaluateConstant(Operation *op, TensorPointers,
                                           Frame &) {
  auto constant = cast<ConstantOp>(op);
  Tensor result(constant.getType());
  if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue())) {
    for (auto [element, value] :
         llvm::zip_equal(result.values, dense.getValues<Attribute>()))
      element = numberOf(value);
  } else {
    result.values[0] = numberOf(constant.getValue());
  }
  return Tensors{std::move(result)};
}

static FailureOr<Tensors> evaluateRead(Operation *op, TensorPointers,
                                       Frame &frame) {
  auto read = cast<ReadOp>(op);
  std::string name = read.getSymbol().str();
  for (const Environment *environment : {&frame.inputs, &frame.state}) {
    auto found = environment->find(name);
    if (found == environment->end())
      continue;
    Tensor expected(read.getType());
    if (found->second.shape != expected.shape ||
        found->second.element != expected.element)
      return op->emitError("interpreter: expected a ")
             << describeType(expected) << " for '" << name << "', was given a "
             << describeType(found->second);
    return Tensors{found->second};
  }
  return op->emitError("interpreter: no value was given for '") << name << "'";
}

static FailureOr<Tensors> evaluateWrite(Operation *op, TensorPointers operands,
                                        Frame &frame) {
  frame.writes[cast<WriteOp>(op).getSymbol().str()] = *operands[0];
  return Tensors{};
}

static FailureOr<Tensors> evaluateOutput(Operation *op, TensorPointers operands,
                                         Frame &frame) {
  frame.outputs[cast<OutputOp>(op).getName().str()] = *operands[0];
  return Tensors{};
}

static FailureOr<Tensors> evaluateControl(Operation *op, TensorPointers,
                                          Frame &frame) {
  auto word = [&]() -> double {
    switch (cast<ControlOp>(op).getWord()) {
    case ControlWord::step:
      return frame.control.step;
    case ControlWord::seed_lo:
      return frame.control.seedLow;
    case ControlWord::seed_hi:
      return frame.control.seedHigh;
    case ControlWord::valid:
      return frame.control.valid;
    case ControlWord::lr_scale:
      return frame.control.lrScale;
    }
    llvm_unreachable("unknown control word");
  };
  return Tensors{Tensor(op->getResult(0).getType(), word())};
}

static FailureOr<Tensors> evaluatePack(Operation *op, TensorPointers operands,
                                       Frame &) {
  Tensor result(op->getResult(0).getType());
  SmallVector<int64_t> offsets = PackOp::getOffsets(op->getOperandTypes());
  for (auto [i, operand] : llvm::enumerate(operands))
    llvm::copy(operand->values, result.values.begin() + offsets[i]);
  return Tensors{std::move(result)};
}

static FailureOr<Tensors> evaluateUnpack(Operation *op, TensorPointers operands,
                                         Frame &) {
  Tensors results;
  SmallVector<int64_t> offsets = PackOp::getOffsets(op->getResultTypes());
  for (auto [i, type] : llvm::enumerate(op->getResultTypes())) {
    Tensor &piece = results.emplace_back(type);
    std::copy_n(operands[0]->values.begin() + offsets[i], piece.size(),
                piece.values.begin());
  }
  return results;
}

void addProgramEvaluators(EvaluatorTable &table) {
  table[ConstantOp::getOperationName()] = evaluateConstant;
  table[ReadOp::getOperationName()] = evaluateRead;
  table[WriteOp::getOperationName()] = evaluateWrite;
  table[OutputOp::getOperationName()] = evaluateOutput;
  table[ControlOp::getOperationName()] = evaluateControl;
  table[PackOp::getOperationName()] = evaluatePack;
  table[UnpackOp::getOperationName()] = evaluateUnpack;
}

} // namespace descent::interpreter
