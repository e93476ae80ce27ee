// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How long what launches write lives, and how much memory any plan needs for
// it.

#ifndef DESCENT_DIALECT_SCHEDULE_LIVES_H
#define DESCENT_DIALECT_SCHEDULE_LIVES_H

#include "descent/Dialect/Schedule/Schedule.h"
#include "mlir/IR/BuiltinOps.h"

namespace descent::schedule {

/// The life of what a launch writes to a place of a transient slab: until the
/// last launch that reads it. Launches are numbered in program order, those of
/// a loop once.
struct Life {
  PlaceAttr place;
  unsigned born, last;
  /// The launch that writes it, and those that read it.
  unsigned writer;
  llvm::SmallVector<unsigned> readers;
};

/// The launches of an entry, and the lives that they begin, by that.
struct Lives {
  llvm::SmallVector<LaunchOp, 0> launches;
  llvm::SmallVector<Life, 0> lives;

  /// The bytes that are live at launch `time`, two lives in one place being
  /// one. Places are taken for multiples of `alignment`.
  int64_t countLiveBytes(unsigned time, int64_t alignment = 1) const;
  /// The most that are live at once: no plan for this order of launches, and
  /// for these results in the places of operands, needs less.
  int64_t countPeakBytes(int64_t alignment = 1) const;
};

Lives collectLives(schedule::EntryOp entry);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_LIVES_H
