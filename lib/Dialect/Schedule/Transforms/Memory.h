// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the memory planner reasons about: buffers, locations in them, and the
// places that all entries share.

#ifndef DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_MEMORY_H
#define DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_MEMORY_H

#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Schedule/Schedule.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include <deque>

namespace descent::schedule {

/// A stretch of memory that is placed as a whole.
struct Buffer {
  enum class Kind {
    State,     ///< one state, or several that a pack joins
    Input,     ///< written by the host between runs
    Control,   ///< the runtime's control words
    Transient, ///< results of kernels; the memory is used again
    Arena ///< packed results of kernels; the zeros between them stay, so the
          ///< memory is not used again
  };

  Kind kind;
  int64_t elements;
  /// Of each element: all that lie in the buffer are alike in this.
  int64_t elementBytes;
  /// Bytes from the start of its slab; negative until it is placed.
  int64_t offset = -1;
  /// Of a transient: the first and the last phase in which it is used.
  unsigned firstPhase = 0, lastPhase = 0;
  /// The buffer that this one became a part of, because it is computed in its
  /// place.
  Buffer *replacement = nullptr;
  /// It holds values of several iterations of a loop, so nothing else may be
  /// computed in its place, nor it in another's.
  bool isOfLoop = false;

  int64_t getBytes() const { return elements * elementBytes; }
  /// True if the buffer lies in the slab whose bytes outlive a run.
  bool isInStateSlab() const {
    return kind == Kind::State || kind == Kind::Arena;
  }
};

/// A range of elements of a buffer.
struct Slice {
  Buffer *buffer = nullptr;
  int64_t offset = 0;
  int64_t elements = 0;
  /// In the body of a loop: how much farther the range lies in every iteration,
  /// or in odd ones only if `alternating`.
  int64_t stride = 0;
  bool alternating = false;

  bool overlaps(const Slice &other) const {
    return buffer == other.buffer && offset < other.offset + other.elements &&
           other.offset < offset + elements;
  }
  bool operator==(const Slice &) const = default;
};

/// A value as a part of the value that it is a view of.
struct Piece {
  mlir::Value root; ///< result of a read, control, kernel, scan, pack or
                    ///< constant, or argument of a scan's body
  int64_t offset;   ///< in elements
  int64_t elements;
};

/// Looks through reshape and unpack.
Piece resolvePiece(mlir::Value value);

/// Whether `op` runs something: a kernel or a group of kernels, or a loop of
/// them.
inline bool isStep(mlir::Operation *op) {
  return isLaunched(op) || llvm::isa_and_nonnull<ScanOp>(op);
}

/// The kernels and groups of kernels in a block, which are launches.
inline llvm::SmallVector<mlir::Operation *> getLaunched(mlir::Block &block) {
  llvm::SmallVector<mlir::Operation *> kernels;
  for (mlir::Operation &op : block)
    if (isLaunched(&op))
      kernels.push_back(&op);
  return kernels;
}

/// The places that entries share: states, inputs, control words. States that a
/// pack joins share a buffer, laid out as the arena says.
class ProgramMemory {
public:
  explicit ProgramMemory(mlir::ModuleOp module);

  /// Where the input or state `symbol` lies.
  Slice lookup(llvm::StringRef symbol) const {
    return locations.lookup(symbol);
  }
  /// The states in a buffer.
  llvm::SmallVector<StateOp> getStates(const Buffer *buffer) const;
  Buffer *getControl() const { return control; }
  /// A buffer for elements like those of `type`.
  Buffer *create(Buffer::Kind kind, int64_t elements, mlir::Type type);
  /// All buffers, in the order in which they came to be.
  std::deque<Buffer> &getBuffers() { return buffers; }

private:
  void groupStates(mlir::ModuleOp module);
  bool tryGroup(llvm::ArrayRef<StateOp> states,
                llvm::ArrayRef<int64_t> offsets);

  std::deque<Buffer> buffers;
  llvm::StringMap<Slice> locations;
  llvm::SmallVector<StateOp> states;
  Buffer *control = nullptr;
};

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_MEMORY_H
