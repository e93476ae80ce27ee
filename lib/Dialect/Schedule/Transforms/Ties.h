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
  /// Kernels in program order, the added ones included.
  llvm::SmallVector<descent::KernelOp> getKernels();
  /// The kernels that must run before `kernel`: those it reads from, and the
  /// last readers of what it overwrites.
  llvm::SmallVector<mlir::Operation *>
  getPredecessors(descent::KernelOp kernel) const;

private:
  /// A kernel's operand that lies in a state as it was when the entry began.
  struct OldRead {
    descent::KernelOp kernel;
    unsigned operand;
    Slice location;
  };

  mlir::LogicalResult replaceConstants();
  void dropIdentityWrites();
  void copyOutputs();
  void copyWrites();
  void placePack(PackOp pack);
  bool placePackedStates(PackOp pack);
  void placeWrite(WriteOp write);
  bool keepsGapsZero(mlir::OpResult result, const Slice &place) const;
  bool canComputeInPlace(mlir::OpResult result, const Slice &place);
  bool reaches(mlir::Operation *from, mlir::Operation *to) const;
  void overwrite(descent::KernelOp kernel, const Slice &place);
  void collectOldReads(descent::KernelOp kernel);
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

/// True if finish operand `operand` of `kernel`, which lies at `read`, is read
/// at every point of the parallel dimensions only where a result at `written`
/// is written at this point; both in one buffer.
bool readsOwnElement(descent::KernelOp kernel, unsigned operand,
                     const Slice &read, const Slice &written);

/// Builds a kernel that copies `value`, or fills a tensor of its type with the
/// splat `constant` where that is not null.
descent::KernelOp buildCopy(mlir::OpBuilder &builder, mlir::Value value,
                            mlir::TypedAttr constant = {});

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_TIES_H
