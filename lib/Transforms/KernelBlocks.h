// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where kernels are: in entries and in the bodies of their loops.

#ifndef DESCENT_LIB_TRANSFORMS_KERNELBLOCKS_H
#define DESCENT_LIB_TRANSFORMS_KERNELBLOCKS_H

#include "descent/Dialect/Descent/Descent.h"

namespace descent {

/// The blocks in which an entry's kernels are formed: the bodies of its scans,
/// inner ones first, then its own. Nothing crosses from one to another.
inline llvm::SmallVector<mlir::Block *> getKernelBlocks(EntryOp entry) {
  llvm::SmallVector<mlir::Block *> blocks;
  entry.walk([&](ScanOp scan) { blocks.push_back(&scan.getBody().front()); });
  blocks.push_back(&entry.getBody().front());
  return blocks;
}

} // namespace descent

#endif // DESCENT_LIB_TRANSFORMS_KERNELBLOCKS_H
