// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The evaluation loop.
#include "train/Evaluate.h"
#include "core/Error.h"
#include "train/Weights.h"

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

} // namespace

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
          float value;
          std::memcpy(&value, run.outputs[i].data(), 4);
          metrics.push_back({run.entry->outputs[i].name, value});
        }
      });
  queue.drain();
  return metrics;
}

} // namespace descent::runtime
