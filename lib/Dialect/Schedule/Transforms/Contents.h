// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbolic contents of tensors and of memory: which value each byte is a
// part of. The plan is proved right with them.

#ifndef DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_CONTENTS_H
#define DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_CONTENTS_H

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Schedule.h"
#include "llvm/ADT/StringMap.h"
#include <map>

namespace descent::schedule {

/// A run of bytes of a value.
struct Segment {
  unsigned value;
  int64_t start, length;
  bool operator==(const Segment &) const = default;
};

/// What a tensor holds: segments of values in order. In normal form, so that
/// equal contents are equal lists.
class Content {
public:
  Content() = default;
  Content(unsigned value, int64_t length) { append({value, 0, length}); }

  void append(Segment segment);
  void append(const Content &other);
  /// Bytes from `start` on.
  Content slice(int64_t start, int64_t length) const;
  /// The content in pieces of `length` bytes.
  std::vector<Content> split(int64_t length) const;
  llvm::ArrayRef<Segment> getSegments() const { return segments; }
  bool contains(unsigned value) const;
  bool operator==(const Content &other) const {
    return segments == other.segments;
  }

private:
  llvm::SmallVector<Segment, 2> segments;
};

/// Numbers values so that equal computations on equal contents have equal
/// numbers.
class Values {
public:
  /// Values whose bytes are all alike, so that no byte of them differs from
  /// another.
  enum : unsigned { Undefined, Zero, NumUniform };

  /// The number of the value that is described by `text`.
  unsigned number(llvm::StringRef text) {
    return numbers.try_emplace(text, NumUniform + numbers.size()).first->second;
  }

private:
  llvm::StringMap<unsigned> numbers;
};

/// What a kernel or a group of kernels makes of contents, ready to be evaluated
/// many times.
class KernelFunction {
public:
  KernelFunction(mlir::Operation *op, Values &values);

  /// The contents of the kernel's results. A kernel that copies passes its
  /// operand on, and an elementwise one is zero wherever its body gives zero
  /// (of either sign, for finite numbers) for the operands' elements that are.
  llvm::SmallVector<Content> evaluate(llvm::ArrayRef<Content> operands);
  /// Whether operand `operand`, `distance` bytes before result `result` in
  /// memory, is read at every point only where this result is written.
  bool readsOnlyWritten(unsigned operand, unsigned result, int64_t distance);

private:
  void markZeros(llvm::ArrayRef<Content> operands,
                 llvm::MutableArrayRef<Content> results);

  mlir::Operation *op;
  /// Null for a group.
  descent::KernelOp kernel;
  Values &values;
  /// The number of the kernel's text.
  unsigned number;
  bool copies;
  /// By finish operand: whether each point reads only where results are
  /// written. Found out when it is needed.
  llvm::SmallVector<std::optional<bool>> own;
  std::map<std::tuple<unsigned, unsigned, int64_t>, bool> onlyWritten;
};

/// The contents of a slab, in bytes.
class SlabContent {
public:
  explicit SlabContent(int64_t bytes, unsigned value) {
    runs[0] = {value, 0, bytes};
  }
  void write(int64_t offset, const Content &content);
  Content read(int64_t offset, int64_t length) const;

private:
  void split(int64_t offset);
  std::map<int64_t, Segment> runs; // by the offset of their first byte
};

} // namespace descent::schedule

#endif // DESCENT_LIB_DIALECT_SCHEDULE_TRANSFORMS_CONTENTS_H
