// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The evaluation loop.
#include "train/Evaluate.h"
#include "core/Error.h"
#include "train/Weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace descent::runtime {
namespace {

const Entry &evalEntry(const Program &program) {
  const Entry *eval = program.findEntry("eval");
  if (!eval || !program.findEntry("metrics"))
    fail(Status::Usage, "the bundle has no entries eval and metrics; compile "
                        "the model with a loss and all entries");
  return *eval;
}

/// What lies at `index` of the dimensions before `dim`.
Event nested(const Metric &metric, size_t dim, size_t index) {
  if (dim == metric.shape.size())
    return double(metric.values[index]);
  Event items = Event::array();
  for (int64_t i = 0; i < metric.shape[dim]; ++i)
    items.push_back(nested(metric, dim + 1, index * metric.shape[dim] + i));
  return items;
}

} // namespace

bool Metric::isFinite() const {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return std::isfinite(value); });
}

Event Metric::json() const { return nested(*this, 0, 0); }

std::string Metric::text() const {
  if (isScalar())
    return fixed(values[0], 5);
  std::string result;
  const uint64_t width = shape.back();
  for (size_t i = 0; i < values.size(); ++i)
    result += (i == 0           ? ""
               : i % width == 0 ? "\n  "
                                : " ") +
              fixed(values[i], 5);
  return values.size() > width ? "\n  " + result : result;
}

Evaluator::Evaluator(Executor &executor, const Dataset &dataset, uint64_t seed)
    : executor(executor),
      batches(dataset, executor.program(), evalEntry(executor.program())),
      seed(seed) {}

std::vector<Metric> Evaluator::run(StepQueue &queue) {
  queue.drain();
  upload(executor, initialStates(executor.program(), seed, {Role::Metric}));
  std::vector<uint32_t> rows;
  for (uint64_t at = 0; at < batches.samples(); at += batches.batch()) {
    rows.resize(std::min(batches.batch(), batches.samples() - at));
    std::iota(rows.begin(), rows.end(), uint32_t(at));
    queue.run(
        "eval",
        [&](Run &run) {
          batches.fill(run, rows);
          run.control.seed = seed;
        },
        [](const Run &) {});
  }
  std::vector<Metric> metrics;
  queue.run(
      "metrics", [&](Run &run) { run.control.seed = seed; },
      [&](const Run &run) {
        for (size_t i = 0; i < run.outputs.size(); ++i) {
          const Tensor &tensor = run.entry->outputs[i];
          std::vector<float> values(tensor.elements());
          std::memcpy(values.data(), run.outputs[i].data(),
                      values.size() * sizeof(float));
          metrics.push_back({tensor.name, tensor.shape, std::move(values)});
        }
      });
  queue.drain();
  return metrics;
}

} // namespace descent::runtime
