// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elaborates a model for one of its entries.

#ifndef DESCENT_LIB_MODEL_ENTRIES_H
#define DESCENT_LIB_MODEL_ENTRIES_H

#include "Elaborator.h"

namespace descent::model {

/// How an entry differs from others.
struct EntrySettings {
  std::string name;
  bool training = false;
  std::optional<int64_t> batch;
  const EntryDecl *decl = nullptr; ///< of the entries of a model's own
  int64_t firstGroup = 0;          ///< of its optimizers
};

/// Each gives nothing after an error.
class EntryElaboration {
public:
  EntryElaboration(ModelContext &context, EntrySettings settings);

  std::optional<Entry> train();
  std::optional<Entry> eval();
  std::optional<Entry> metrics();
  std::optional<Entry> predict();
  std::optional<Entry> custom();

private:
  struct PendingOutput {
    std::string name;
    Tensor value;
    Location location;
  };
  struct PendingOptimization {
    Optimization optimization;
    const OptimizerDecl *decl;
  };

  std::optional<Entry> finish();
  /// The sum of `losses`, each one number.
  std::optional<Tensor> loss(const std::vector<Expr> &losses);
  void optimize(const std::vector<OptimizerDecl> &optimizers,
                const std::optional<Tensor> &loss);
  void chooseParameters(Entry &entry,
                        const std::vector<std::string_view> &origins);
  void outputs(const std::vector<ResultDecl> &results);
  void lastOutput();
  void output(std::string name, const Value &value, Location location);
  void measureLoss(bool results);
  void measureMetric(const std::string &name, const ResultDecl &metric,
                     bool results);
  /// Of a value that is no accumulator: the mean over the batches. `owner` is
  /// what its slots belong to.
  void measureMean(const std::string &name, Tensor value, const CallSite &site,
                   Location location, const void *owner, bool results);
  std::vector<std::pair<std::string, const ResultDecl *>> metricNames();

  ModelContext &context;
  const Model &model;
  EntrySettings settings;
  size_t failuresBefore;
  Elaborator elaborator;
  std::vector<PendingOutput> pendingOutputs;
  std::vector<PendingOptimization> pendingOptimizations;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_ENTRIES_H
