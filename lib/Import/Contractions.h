// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products with sums, in Einstein's notation.

#ifndef DESCENT_LIB_IMPORT_CONTRACTIONS_H
#define DESCENT_LIB_IMPORT_CONTRACTIONS_H

#include "Values.h"

namespace descent::import {

/// A tensor whose every dimension has a label, distinct from the others.
struct Labelled {
  mlir::Value value;
  llvm::SmallVector<int64_t> labels;

  int64_t extent(int64_t label) const;
  bool has(int64_t label) const { return llvm::is_contained(labels, label); }
};

/// The sum of lhs * rhs over all labels that `labels` lacks. A dimension of
/// size 1 goes with any size of its label in the other operand. Both have the
/// element type of the result.
mlir::Value contract(mlir::OpBuilder &b, mlir::Location loc, Labelled lhs,
                     Labelled rhs, llvm::ArrayRef<int64_t> labels);

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_CONTRACTIONS_H
