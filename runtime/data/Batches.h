// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The meeting of a data set and an entry: fields bound to inputs by name, rows
// gathered into a run's staging memory.
#ifndef DESCENT_RUNTIME_DATA_BATCHES_H
#define DESCENT_RUNTIME_DATA_BATCHES_H

#include "core/Executor.h"
#include "data/Dataset.h"

namespace descent::runtime {

class Batches {
public:
  /// Binds every input of the entry. A sample fits an input when their shapes
  /// are equal but for axes of size 1, or when one of them is flat and the
  /// sizes are equal. Errors: Invalid for a field that is missing, of another
  /// shape or type, and for values that are not finite or out of the input's
  /// range, with field, index and file.
  Batches(const Dataset &dataset, const Program &program, const Entry &entry);

  uint64_t samples() const { return dataset.size; }
  uint64_t batch() const { return batchSize; }

  /// Copies the rows into run.inputs, repeats the first one up to the batch
  /// size, and sets run.control.valid. Errors: Invalid for fewer rows than the
  /// batch where the entry needs whole batches.
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
  void copySample(const Binding &binding, std::span<std::byte> target,
                  uint64_t slot, uint64_t row) const;

  const Dataset &dataset;
  uint64_t batchSize;
  bool wholeBatches;
  std::vector<Binding> bindings;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_DATA_BATCHES_H
