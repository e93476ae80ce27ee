// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collecting the rows of every batch into whole arrays.
#include "train/Predict.h"
#include "core/Error.h"
#include "data/Batches.h"

#include <cstring>
#include <numeric>

namespace descent::runtime {
namespace {

/// An output's array over the whole data set, and where a batch's rows go in
/// it.
struct Collector {
  Array array;
  uint64_t outer = 1, inner = 1, batch = 1, total = 1;

  Collector(const Tensor &output, uint64_t samples) {
    array = {output.name, output.dtype, output.shape, {}};
    if (output.batchAxis) {
      batch = uint64_t(output.shape[*output.batchAxis]);
      total = samples;
      array.shape[*output.batchAxis] = int64_t(samples);
      for (unsigned axis = 0; axis < output.shape.size(); ++axis)
        if (axis != *output.batchAxis)
          (axis < *output.batchAxis ? outer : inner) *=
              uint64_t(output.shape[axis]);
    } else {
      inner = output.elements();
    }
    array.data.resize(sizeOf(output.dtype) * outer * total * inner);
  }

  /// An output without batch axis is one row, whatever the data.
  void add(std::span<const std::byte> data, uint64_t first, uint64_t rows) {
    rows = std::min(rows, total);
    uint64_t size = sizeOf(array.dtype);
    for (uint64_t i = 0; i < outer; ++i)
      std::memcpy(array.data.data() + size * (i * total + first) * inner,
                  data.data() + size * i * batch * inner, size * rows * inner);
  }
};

} // namespace

std::vector<Array> predict(Executor &executor, const std::string &name,
                           const Dataset &dataset, uint64_t seed) {
  const Entry &entry = executor.program().entries.at(name);
  Batches batches(dataset, executor.program(), entry);
  std::vector<Collector> collectors;
  for (const Tensor &output : entry.outputs) {
    if (!output.batchAxis && dataset.size > batches.batch())
      fail(Status::Usage, "the output '", output.name, "' of '", name,
           "' has no batch axis, and the data's ", dataset.size,
           " samples need several runs");
    collectors.emplace_back(output, dataset.size);
  }
  executor.prepare({name});
  StepQueue queue(executor);
  std::vector<uint32_t> rows;
  for (uint64_t at = 0; at < dataset.size; at += batches.batch()) {
    rows.resize(std::min(batches.batch(), dataset.size - at));
    std::iota(rows.begin(), rows.end(), uint32_t(at));
    queue.run(
        name,
        [&](Run &run) {
          batches.fill(run, rows);
          run.control.seed = seed;
        },
        [&collectors, at, count = rows.size()](const Run &run) {
          for (size_t i = 0; i < collectors.size(); ++i)
            collectors[i].add(run.outputs[i], at, count);
        });
  }
  queue.drain();
  std::vector<Array> arrays;
  for (Collector &collector : collectors)
    arrays.push_back(std::move(collector.array));
  return arrays;
}

} // namespace descent::runtime
