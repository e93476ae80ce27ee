// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the ops of a graph are built: an entry, or the body of a scan or of a
// custom function, which sees only what it is given.

#ifndef DESCENT_LIB_IMPORT_SCOPE_H
#define DESCENT_LIB_IMPORT_SCOPE_H

#include "descent/Dialect/Descent/Math.h"
#include "llvm/ADT/MapVector.h"

namespace descent::import {

class Scope {
public:
  /// That of an entry.
  explicit Scope(mlir::OpBuilder &b) : b(b) {}

  /// That of a body, whose captures become arguments from `firstCapture` on. In
  /// a loop of `count` iterations the argument `iteration` (null elsewhere) is
  /// the number of the current one.
  Scope(mlir::OpBuilder &b, Scope &outer, mlir::Block &body,
        unsigned firstCapture)
      : b(b), outer(&outer), body(&body), firstCapture(firstCapture) {}

  /// A control word, captured where a body needs it.
  mlir::Value control(mlir::Location loc, ControlWord word);

  /// An outer value as an argument of the body.
  mlir::Value capture(mlir::Value value);

  /// The outer values that were captured, in the order of their arguments.
  llvm::SmallVector<mlir::Value> captures() const;

  /// Makes this the body of a loop of `count` iterations that is given slices
  /// as arguments before `firstCapture`.
  void setLoop(int64_t count) { loopCount = count; }

  /// The number of the current iteration of all loops around, as an i32 scalar;
  /// null outside of loops. A loop that asks for it gets one more slice, behind
  /// its others: `usesIteration`.
  mlir::Value iteration(mlir::Location loc);
  bool usesIteration() const { return static_cast<bool>(slice); }

  /// Notes that an error was reported.
  void fail();
  bool hasFailed() const { return failed; }

private:
  mlir::OpBuilder &b;
  Scope *outer = nullptr;
  mlir::Block *body = nullptr;
  unsigned firstCapture = 0;
  int64_t loopCount = 0;
  mlir::Value slice;
  llvm::MapVector<mlir::Value, mlir::Value> captured;
  llvm::SmallDenseMap<unsigned, mlir::Value> words;
  bool failed = false;
};

} // namespace descent::import

#endif // DESCENT_LIB_IMPORT_SCOPE_H
