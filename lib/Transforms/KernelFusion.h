// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two rewrites that fuse kernels, as mechanisms: they check that they are
// legal, not that they pay.

#ifndef DESCENT_LIB_TRANSFORMS_KERNELFUSION_H
#define DESCENT_LIB_TRANSFORMS_KERNELFUSION_H

#include "descent/Dialect/Descent/Descent.h"

namespace descent {

/// What a value is, seen through reshapes: a result of a kernel, or null.
struct KernelResult {
  KernelOp kernel;
  unsigned index = 0;
  explicit operator bool() { return bool(kernel); }
};
KernelResult kernelResult(mlir::Value value);

/// All uses of a kernel's results, through reshapes.
llvm::SmallVector<mlir::OpOperand *> usesThroughReshapes(KernelOp kernel);

/// Builds, before `consumer`, the kernel in which every read of a result of the
/// elementwise kernel `producer` is computed in place. Null if fills conflict;
/// nothing is changed then.
KernelOp inlineProducer(KernelOp consumer, KernelOp producer);

/// Whether the elementwise kernel `consumer` reads results of `producer` only
/// at its own position, over as many points, and depends on it in no other way.
bool canAbsorb(KernelOp producer, KernelOp consumer);

/// Replaces both by one kernel that computes the consumer's results in the
/// producer's finish. Results of the producer that nobody reads any more are
/// dropped.
KernelOp absorbConsumer(KernelOp producer, KernelOp consumer);

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_KERNELFUSION_H
