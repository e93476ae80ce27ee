// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rewrites that fuse kernels, as mechanisms: they check that they are
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
/// elementwise kernel `producer` is computed in place. Null if fills conflict
/// or the consumer reads a result whole; nothing is changed then.
KernelOp inlineProducer(KernelOp consumer, KernelOp producer);

/// Whether the elementwise kernel `consumer` reads results of `producer` only
/// at its own position, over as many points, and depends on it in no other way.
bool canAbsorb(KernelOp producer, KernelOp consumer);

/// Replaces both by one kernel that computes the consumer's results in the
/// producer's finish. Results of the producer that nobody reads any more are
/// dropped. The new kernel stands where the consumer did: what else reads the
/// producer may have to be moved behind it.
KernelOp absorbConsumer(KernelOp producer, KernelOp consumer);

/// Whether `inner` is a plain sum (its finish changes nothing) and `outer` a
/// sum of nothing but elements of its one result.
bool canMergeSums(KernelOp inner, KernelOp outer);

/// Replaces both by one sum over both reductions: the gradient of a
/// convolution's input is a sum over windows of sums over filters, and merged
/// it needs no buffer of windows.
KernelOp mergeSum(KernelOp inner, KernelOp outer);

/// Whether two independent kernels over the same dimensions, both elementwise
/// or both reductions, read the same elements of `shared`, as many as there are
/// points. In a product each element is read at many points.
bool canJoin(KernelOp first, KernelOp second, mlir::Value shared);

/// Whether two independent kernels are nothing but sums over the same
/// dimensions, and the elementwise `reader` can absorb either.
bool canJoinSums(KernelOp first, KernelOp second, KernelOp reader);

/// Replaces two such kernels, the first before the second, by one that computes
/// the results of both. It stands where the second did: what reads the first
/// may have to be moved behind it.
KernelOp joinSiblings(KernelOp first, KernelOp second);

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_KERNELFUSION_H
