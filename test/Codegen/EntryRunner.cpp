// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scheduled entries, launch by launch; see EntryRunner.h.

#include "EntryRunner.h"
#include "descent/Dialect/Schedule/Schedule.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;

namespace descent::test {

using interpreter::Element;
using interpreter::Environment;
using interpreter::Tensor;

static void write(const Tensor &tensor, uint32_t *memory) {
  for (double value : tensor.values)
    *memory++ = tensor.element == Element::F32
                    ? llvm::bit_cast<uint32_t>(float(value))
                    : uint32_t(int64_t(value));
}

static Tensor read(Type type, const uint32_t *memory) {
  Tensor tensor(type);
  for (double &value : tensor.values) {
    uint32_t word = *memory++;
    value = tensor.element == Element::F32    ? llvm::bit_cast<float>(word)
            : tensor.element == Element::UI32 ? double(word)
                                              : double(int32_t(word));
  }
  return tensor;
}

EntryRunner::EntryRunner(ModuleOp module, const Profile &profile)
    : module(module) {
  for (auto slab : module.getOps<schedule::SlabOp>()) {
    bool isState = slab.getKind() == schedule::SlabKind::state;
    slabs[slab.getSymName()].assign(slab.getSize() / sizeof(uint32_t),
                                    isState ? 0 : 0xdeadbeefu);
  }
  for (auto kernel : module.getOps<schedule::KernelOp>()) {
    FailureOr<CompiledKernel> compiled = compileKernel(kernel, profile);
    if (failed(compiled))
      llvm::report_fatal_error("compileKernel failed");
    kernels[kernel.getSymName()] = std::move(*compiled);
  }
}

uint32_t *EntryRunner::at(schedule::PlaceAttr place) {
  return slabs[place.getSlab().getValue()].data() +
         place.getOffset() / sizeof(uint32_t);
}

void EntryRunner::setStates(const Environment &states) {
  for (auto place : module.getOps<schedule::PlaceOp>())
    if (auto state = states.find(place.getSymbol().str());
        state != states.end())
      write(state->second, at(place.getPlace()));
}

Environment EntryRunner::getStates() {
  Environment states;
  for (auto place : module.getOps<schedule::PlaceOp>())
    if (auto state = module.lookupSymbol<StateOp>(place.getSymbol()))
      states[place.getSymbol().str()] =
          read(state.getType(), at(place.getPlace()));
  return states;
}

void EntryRunner::launch(schedule::LaunchOp launch) {
  const CompiledKernel &kernel = kernels[launch.getKernel()];
  Buffers buffers;
  for (unsigned i = 0; i < kernel.bindings.size(); ++i) {
    schedule::PlaceAttr place = launch.getBinding(i);
    uint32_t *start = at(place);
    buffers.emplace_back(start, start + place.getSize() / sizeof(uint32_t));
  }
  runKernel(kernel, buffers);
  for (unsigned i = 0; i < kernel.bindings.size(); ++i)
    if (kernel.bindings[i] != schedule::BindingAccess::read)
      llvm::copy(buffers[i], at(launch.getBinding(i)));
}

Environment EntryRunner::run(StringRef name, const Environment &inputs,
                             const interpreter::ControlWords &control) {
  auto entry = module.lookupSymbol<schedule::EntryOp>(name);
  for (auto place : module.getOps<schedule::PlaceOp>())
    if (auto input = inputs.find(place.getSymbol().str());
        input != inputs.end())
      write(input->second, at(place.getPlace()));
  for (auto place : module.getOps<schedule::ControlOp>()) {
    uint32_t words[] = {uint32_t(control.step), uint32_t(control.seedLow),
                        uint32_t(control.seedHigh), uint32_t(control.valid),
                        llvm::bit_cast<uint32_t>(float(control.lrScale))};
    llvm::copy(words, at(place.getPlace()));
  }
  Environment outputs;
  for (Operation &op : entry.getBody().front())
    if (auto launchOp = dyn_cast<schedule::LaunchOp>(op))
      launch(launchOp);
    else if (auto output = dyn_cast<schedule::OutputOp>(op))
      outputs[output.getName().str()] =
          read(output.getType(), at(output.getPlace()));
    else if (!isa<schedule::BarrierOp>(op))
      llvm::report_fatal_error("the entry has more than launches");
  return outputs;
}

} // namespace descent::test
