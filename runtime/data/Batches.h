// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The meeting of a data set and an entry: fields bound to inputs by name, rows
// gathered into a run's staging memory.
#ifndef DESCENT_RUNTIME_DATA_BATCHES_H
#define DESCENT_RUNTIME_DATA_BATCHES_H

#include "core/Executor.h"
#include "data/Dataset.h"

namespace descent::runtime {

/// What becomes of an epoch's last rows where they do not fill a batch.
enum class LastBatch { Padded, Dropped };

class Batches {
public:
  /// Binds every input of the entry. A sample fits an input when their shapes
  /// are equal but for axes of size 1, or when one of them is flat and the
  /// sizes are equal. Errors: Invalid for a field that is missing, of another
  /// shape or type, for values that are not finite or that the input cannot
  /// hold, with field, index and file, and for a number of samples that leaves
  /// a part of a batch over where the entry needs whole ones; advice is what
  /// the caller can do about that.
  Batches(const Dataset &dataset, const Program &program, const Entry &entry,
          LastBatch last = LastBatch::Padded, const std::string &advice = "");

  uint64_t samples() const { return dataset.size; }
  uint64_t batch() const { return batchSize; }

  /// Copies the rows into run.inputs, repeats the first one up to the batch
  /// size, and sets run.control.valid.
  void fill(Run &run, std::span<const uint32_t> rows) const;

private:
  struct Binding {
    const Field *field;
    const Tensor *input;
    uint64_t outer,
        inner; ///< elements of a sample before and after the batch axis
    /// Of a field of bytes: the input's element for each of them.
    std::vector<std::byte> table;
  };
  void check(const Binding &binding) const;
  void checkFloats(const Binding &binding) const;
  [[noreturn]] void refuse(const Binding &binding, uint64_t element,
                           const std::string &what) const;
  void copySample(const Binding &binding, std::span<std::byte> target,
                  uint64_t slot, uint64_t row) const;

  const Dataset &dataset;
  uint64_t batchSize;
  std::vector<Binding> bindings;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_DATA_BATCHES_H
