// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which buffer every value of an entry lies in.

#ifndef DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_TIES_H
#define DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_TIES_H

#include "Contents.h"
#include "Memory.h"
#include "llvm/ADT/DenseMap.h"

namespace descent::schedule {

/// Puts every value of an entry into a buffer: written values into their
/// states, packed ones into arenas, others into transients of their own. Adds
/// kernels that copy where a value cannot be computed where it has to be.
class EntryMemory {
public:
  /// `contents` are those of the entry's values, of which it is known where
  /// they are zero.
  EntryMemory(descent::EntryOp entry, ProgramMemory &program,
              const llvm::DenseMap<mlir::Value, Content> &contents)
      : entry(entry), program(program), contents(contents) {}

  /// Does the work. Fails, with an error, where a constant is left that is not
  /// a splat.
  mlir::LogicalResult tie();

  descent::EntryOp getEntry() { return entry; }
  ProgramMemory &getProgram() { return program; }
  /// Where `value` lies.
  Slice locate(mlir::Value value) const;
  /// All kernels and groups of kernels in program order, those in loops and the
  /// added ones included.
  llvm::SmallVector<mlir::Operation *> getKernels();
  /// The entry's own kernels and its loops in program order, the added ones
  /// included.
  llvm::SmallVector<mlir::Operation *> getSteps();
  /// The steps that must run before `step`, in the same block: those it reads
  /// from, and the last readers of what it overwrites.
  llvm::SmallVector<mlir::Operation *>
  getPredecessors(mlir::Operation *step) const;

private:
  /// A step's operand that lies in a state as it was when the entry began.
  struct OldRead {
    mlir::Operation *step;
    unsigned operand;
    Slice location;
  };

  mlir::LogicalResult replaceConstants(mlir::Block &block);
  void dropIdentityWrites();
  void copyOutputs();
  void copyWrites();
  void placePack(PackOp pack);
  bool placePackedStates(PackOp pack);
  void placeWrite(WriteOp write);
  Slice locateArgument(mlir::BlockArgument argument) const;
  bool isFree(mlir::Value value) const;
  void placeLoop(ScanOp loop);
  void placeCarried(ScanOp loop, unsigned number);
  void placeInitial(ScanOp loop, unsigned number, const Slice &place,
                    bool inStack);
  void placeStacked(ScanOp loop, unsigned number);
  bool keepsGapsZero(mlir::OpResult result, const Slice &place) const;
  bool canComputeInPlace(mlir::OpResult result, const Slice &place);
  bool reaches(mlir::Operation *from, mlir::Operation *to) const;
  void overwrite(mlir::Operation *step, const Slice &place);
  void collectOldReads(mlir::Operation *step);
  /// Adds a kernel that copies `value` before `user`, and returns the copy.
  mlir::Value copyBefore(mlir::Operation *user, mlir::Value value);

  descent::EntryOp entry;
  ProgramMemory &program;
  const llvm::DenseMap<mlir::Value, Content> &contents;
  llvm::DenseMap<mlir::Value, Slice> places;
  llvm::DenseMap<mlir::Attribute, WriteOp> writes;
  llvm::SmallVector<OldRead> oldReads;
  /// Overwriting kernels and the readers that go before them.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *>>
      earlier, later;
};

/// True if operand `operand` of the kernel or group of kernels that `result` is
/// of, which lies at `read`, may be overwritten by this result at `written`;
/// both in one buffer. A kernel must read it, in its finish, at every point of
/// the parallel dimensions only where it writes at this point. A group must
/// read it in no part behind the one that writes, and in those before only in
/// the row that is written.
bool readsOwnElement(mlir::OpResult result, unsigned operand, const Slice &read,
                     const Slice &written);

/// Builds a kernel that copies `value`, or fills a tensor of its type with the
/// splat `constant` where that is not null.
descent::KernelOp buildCopy(mlir::OpBuilder &builder, mlir::Value value,
                            mlir::TypedAttr constant = {});

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_TIES_H
