// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The function that the parts of a kernel are emitted into, and how its
// workgroups are shared out among them.

#ifndef DESCENT_LIB_CODEGEN_KERNELFRAME_H
#define DESCENT_LIB_CODEGEN_KERNELFRAME_H

#include "descent/Codegen/EmitKernel.h"
#include "descent/Codegen/TensorAccess.h"

namespace descent::codegen {

using namespace mlir;

class KernelFrame {
public:
  /// Makes the function. The parts take workgroups one after the other; there
  /// are as many lanes as the largest part wants.
  KernelFrame(ArrayRef<KernelPart> parts, const Profile &profile,
              EmittedKernel &result);

  /// A builder at the place of a part, and there the part's own numbers of the
  /// workgroup and the lane. Only lanes of the part get there.
  ImplicitLocOpBuilder enter(unsigned part, Value &groupId, Value &laneId);
  /// Gives the function its type.
  void finish();

private:
  struct Range {
    int64_t firstGroup, groups, lanes;
  };
  SmallVector<Range> ranges;
  EmittedKernel &result;
  Value groupId, laneId;
  /// Workgroups in all, and those that are launched: at least as many.
  int64_t count, launched;

public:
  BindingViews views;
};

} // namespace descent::codegen

#endif // DESCENT_LIB_CODEGEN_KERNELFRAME_H
