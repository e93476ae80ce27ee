// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation over a whole data set: metric states reset, eval over every
// sample, metrics once.
#ifndef DESCENT_RUNTIME_TRAIN_EVALUATE_H
#define DESCENT_RUNTIME_TRAIN_EVALUATE_H

#include "data/Batches.h"
#include "log/Log.h"
#include "train/StepQueue.h"

namespace descent::runtime {

/// An output of the entry metrics: a number, or a tensor of them.
struct Metric {
  std::string name; ///< "loss" is the mean over the data set
  Shape shape;
  std::vector<float> values;

  bool isScalar() const { return shape.empty(); }
  bool isFinite() const;
  /// A number, or arrays in arrays.
  Event json() const;
  /// The same for people.
  std::string text() const;
};

class Evaluator {
public:
  /// Binds the data to the entry eval, which executor has prepared, and metrics
  /// likewise. Errors: Usage when the bundle has no eval, those of Batches.
  Evaluator(Executor &executor, const Dataset &dataset, uint64_t seed);

  /// The outputs of metrics in their order. Waits for everything that queue
  /// holds.
  std::vector<Metric> run(StepQueue &queue);
  uint64_t samples() const { return batches.samples(); }

  /// The entries to prepare.
  static std::vector<std::string> entries() { return {"eval", "metrics"}; }

private:
  Executor &executor;
  Batches batches;
  uint64_t seed;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_EVALUATE_H
