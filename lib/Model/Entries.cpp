// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each entry computes.

#include "Entries.h"
#include "GradientPaths.h"
#include <algorithm>

using namespace descent::model;

/// Where a result is computed: the op's name, where it is a call.
static Location placeOf(const Expr &expr) {
  return expr.kind == Expr::Kind::Call ? expr.operands[0].location
                                       : expr.location;
}

EntryElaboration::EntryElaboration(ModelContext &context,
                                   EntrySettings settings)
    : context(context), model(context.model), settings(std::move(settings)),
      failuresBefore(context.diagnostics.numErrors()),
      elaborator(context, this->settings.name, this->settings.training,
                 this->settings.batch) {
  if (this->settings.decl)
    for (const Argument &argument : this->settings.decl->overrides)
      if (argument.key.text != "batch" && argument.key.text != "training")
        elaborator.overrideConstant(argument.key.text, argument.value);
  elaborator.evaluateConstants();
  elaborator.declareInputs();
  elaborator.runNetwork(model.network);
}

std::optional<Tensor> EntryElaboration::loss(const std::vector<Expr> &losses) {
  Value sum;
  bool isSound = true;
  for (const Expr &expr : losses) {
    std::optional<Tensor> term =
        elaborator.tensor(elaborator.evaluateResult(expr), placeOf(expr));
    isSound &= term.has_value();
    if (!term)
      continue;
    const TensorType &type = elaborator.type(*term);
    if (type.rank() != 0 || !isFloat(type.dtype)) {
      elaborator.error(placeOf(expr), "a loss is one number, got " +
                                          std::string(toString(type.dtype)) +
                                          " " + elaborator.describe(*term) +
                                          ": take its mean or sum");
      isSound = false;
    } else {
      sum = sum.isValid() ? elaborator.callOp("add", {sum, *term}, {},
                                              {placeOf(expr), "loss"})
                          : Value(*term);
      isSound &= sum.isValid();
    }
  }
  return isSound ? elaborator.tensor(sum, placeOf(losses.front()))
                 : std::nullopt;
}

void EntryElaboration::output(std::string name, const Value &value,
                              Location location) {
  for (const PendingOutput &other : pendingOutputs)
    if (other.name == name) {
      elaborator.error(location,
                       "there is an output " + quote(name) + " already");
      return;
    }
  if (std::optional<Tensor> tensor = elaborator.tensor(value, location))
    pendingOutputs.push_back({std::move(name), *tensor, location});
}

void EntryElaboration::outputs(const std::vector<ResultDecl> &results) {
  for (const ResultDecl &result : results)
    output(result.name.text, elaborator.evaluateResult(result.value),
           result.name.location);
}

void EntryElaboration::lastOutput() {
  if (elaborator.lastValue)
    output(elaborator.lastName.empty() ? "output" : elaborator.lastName.text,
           *elaborator.lastValue, elaborator.lastName.location);
}

void EntryElaboration::optimize(const std::vector<OptimizerDecl> &optimizers,
                                const std::optional<Tensor> &loss) {
  int64_t group = settings.firstGroup;
  for (const OptimizerDecl &decl : optimizers) {
    auto rule = elaborator.optimizer(decl.value);
    if (rule && loss) {
      PendingOptimization pending{{}, &decl};
      pending.optimization.op = rule->first;
      pending.optimization.attributes = std::move(rule->second);
      pending.optimization.group = group;
      pending.optimization.location = placeOf(decl.value);
      pending.optimization.loss = elaborator.rootGraph().use(*loss);
      pendingOptimizations.push_back(std::move(pending));
    }
    ++group;
  }
}

std::optional<Entry> EntryElaboration::train() {
  std::optional<Tensor> value = loss(model.losses);
  if (value)
    output("loss", *value, placeOf(model.losses[0]));
  optimize(model.optimizers, value);
  return finish();
}

std::vector<std::pair<std::string, const ResultDecl *>>
EntryElaboration::metricNames() {
  std::vector<std::pair<std::string, const ResultDecl *>> result;
  for (const ResultDecl &metric : model.metrics) {
    std::string name = metric.name.text;
    const Expr &value = metric.value;
    const Expr &called =
        value.kind == Expr::Kind::Call ? value.operands[0] : value;
    if (name.empty())
      name = called.name;
    Location location =
        metric.name.location.line ? metric.name.location : placeOf(value);
    bool isSound = false;
    if (name.empty())
      elaborator.error(location, "this metric has no name: write name = ...");
    else if (name == "loss")
      elaborator.error(location, "a metric cannot be called 'loss': the loss "
                                 "is reported by that name");
    else if (std::any_of(result.begin(), result.end(), [&](const auto &other) {
               return other.first == name;
             }))
      elaborator.error(location,
                       "there is a metric " + quote(name) + " already");
    else
      isSound = true;
    if (isSound)
      result.emplace_back(name, &metric);
  }
  return result;
}

void EntryElaboration::measureLoss(bool results) {
  const Expr &first = model.losses.front();
  if (std::optional<Tensor> value = loss(model.losses))
    measureMean("loss", *value, {placeOf(first), "loss"}, placeOf(first),
                &first, results);
}

void EntryElaboration::measureMetric(const std::string &name,
                                     const ResultDecl &metric, bool results) {
  Elaborator::MetricContext context{name, results, false};
  elaborator.metric = &context;
  Value value = elaborator.evaluateResult(metric.value);
  elaborator.metric = nullptr;
  if (!value.isValid())
    return;
  if (context.accumulates) {
    if (results)
      output(name, value, metric.name.location);
    return;
  }
  CallSite site{placeOf(metric.value), name};
  std::optional<Tensor> tensor = elaborator.tensor(value, site.location);
  if (!tensor)
    return;
  if (elaborator.type(*tensor).rank() != 0) {
    elaborator.error(site.location,
                     "a metric that is no accumulator is one number, got " +
                         elaborator.describe(*tensor) +
                         ": take its mean or sum");
    return;
  }
  measureMean(name, *tensor, site, metric.name.location, &metric.value,
              results);
}

void EntryElaboration::measureMean(const std::string &name, Tensor value,
                                   const CallSite &site, Location location,
                                   const void *owner, bool results) {
  auto slot = [&](const char *what) {
    return elaborator.state({"metric." + name + "." + what,
                             State::Role::Metric,
                             false,
                             {DType::F32, {}, -1},
                             {},
                             location},
                            owner);
  };
  Value sum = slot("sum"), count = slot("count");
  if (!sum.isValid() || !count.isValid())
    return;
  if (results) {
    output(name, elaborator.callOp("div", {sum, count}, {}, site), location);
    return;
  }
  Value rows = settings.batch ? elaborator.callOp("valid_rows", {}, {}, site)
                              : Value(1.0);
  Value now = value;
  if (elaborator.type(value).dtype != DType::F32)
    now =
        elaborator.callOp("cast", {now}, {{"dtype", std::string("f32")}}, site);
  Value weighted = elaborator.callOp("mul", {now, rows}, {}, site);
  elaborator.update("metric." + name + ".sum",
                    elaborator.callOp("add", {sum, weighted}, {}, site),
                    site.location);
  elaborator.update("metric." + name + ".count",
                    elaborator.callOp("add", {count, rows}, {}, site),
                    site.location);
}

std::optional<Entry> EntryElaboration::eval() {
  measureLoss(false);
  for (const auto &[name, metric] : metricNames())
    measureMetric(name, *metric, false);
  return finish();
}

std::optional<Entry> EntryElaboration::metrics() {
  elaborator.updates.clear();
  measureLoss(true);
  for (const auto &[name, metric] : metricNames())
    measureMetric(name, *metric, true);
  elaborator.updates.clear();
  std::optional<Entry> entry = finish();
  if (!entry)
    return std::nullopt;
  for (const Node &node : entry->nodes)
    if (node.kind == Node::Kind::Input) {
      // Which of the metrics it is needed by does not matter for the first.
      elaborator.error(model.metrics.empty() ? placeOf(model.losses[0])
                                             : placeOf(model.metrics[0].value),
                       "what a metric returns depends on its accumulators "
                       "alone, and here on input " +
                           quote(node.path));
      return std::nullopt;
    }
  return entry;
}

std::optional<Entry> EntryElaboration::predict() {
  if (model.outputs)
    outputs(*model.outputs);
  else
    lastOutput();
  return finish();
}

std::optional<Entry> EntryElaboration::custom() {
  const EntryDecl &decl = *settings.decl;
  if (!decl.body.empty()) {
    elaborator.lastName = {};
    elaborator.runNetwork(decl.body);
  }
  std::optional<Tensor> value;
  const std::vector<Expr> &objective =
      decl.losses.empty() ? model.losses : decl.losses;
  if (!decl.optimizers.empty() && objective.empty()) {
    elaborator.error(placeOf(decl.optimizers[0].value),
                     "there is nothing to minimize: neither the entry nor the "
                     "model has a 'loss'");
  } else if (!decl.losses.empty() || !decl.optimizers.empty()) {
    value = loss(objective);
    if (value)
      output("loss", *value, placeOf(objective[0]));
    optimize(decl.optimizers, value);
  }
  if (!decl.outputs.empty())
    outputs(decl.outputs);
  else if (!decl.body.empty() && !value)
    lastOutput();
  else if (!value && model.outputs)
    outputs(*model.outputs);
  else if (!value)
    lastOutput();
  std::optional<Entry> entry = finish();
  if (entry)
    entry->location = decl.name.location;
  return entry;
}

std::optional<Entry> EntryElaboration::finish() {
  if (elaborator.failures() || context.diagnostics.numErrors() > failuresBefore)
    return std::nullopt;
  Entry entry;
  entry.name = settings.name;
  entry.training = settings.training;
  entry.location = {model.file, 0, 0};
  GraphBuilder &graph = elaborator.rootGraph();
  std::vector<ValueRef *> roots;
  for (PendingOutput &output : pendingOutputs)
    entry.outputs.push_back(
        {std::move(output.name), graph.use(output.value), output.location});
  for (PendingUpdate &update : elaborator.updates)
    entry.updates.push_back(
        {std::move(update.state), graph.use(update.value), update.location});
  for (PendingOptimization &pending : pendingOptimizations)
    entry.optimizations.push_back(std::move(pending.optimization));
  for (Output &output : entry.outputs)
    roots.push_back(&output.value);
  for (Update &update : entry.updates)
    roots.push_back(&update.value);
  for (Optimization &optimization : entry.optimizations)
    roots.push_back(&optimization.loss);
  std::vector<std::string_view> origins;
  entry.mixesRows = graph.finish(std::move(roots), entry.nodes, origins);
  chooseParameters(entry, origins);
  if (elaborator.failures())
    return std::nullopt;
  for (const Node &node : entry.nodes)
    if (node.kind == Node::Kind::State)
      context.stateByName.at(node.path)->used = true;
  for (const Update &update : entry.updates)
    context.stateByName.at(update.state)->used = true;
  return entry;
}

void EntryElaboration::chooseParameters(
    Entry &entry, const std::vector<std::string_view> &origins) {
  std::unordered_map<std::string, Location> taken;
  std::unordered_map<std::string_view, uint32_t> nodeOf;
  for (uint32_t k = 0; k < entry.nodes.size(); ++k)
    if (entry.nodes[k].kind == Node::Kind::State)
      nodeOf[entry.nodes[k].path] = k;
  for (size_t i = 0; i < entry.optimizations.size(); ++i) {
    Optimization &optimization = entry.optimizations[i];
    const OptimizerDecl &decl = *pendingOptimizations[i].decl;
    GradientPaths paths(entry.nodes, optimization.loss);
    std::vector<bool> matched(decl.over.size());
    /// Parameters that no gradient gets to, with the op that it ends at.
    std::vector<std::pair<const State *, uint32_t>> cut;
    for (const ModelContext::KnownState &known : context.states) {
      const State &state = known.state;
      auto node = nodeOf.find(state.name);
      if (state.role != State::Role::Parameter || state.frozen ||
          node == nodeOf.end())
        continue;
      std::vector<size_t> matches;
      for (size_t k = 0; k < decl.over.size(); ++k) {
        const std::string &path = decl.over[k].text;
        if (state.name == path || state.name.starts_with(path + "."))
          matches.push_back(k);
      }
      if (matches.empty() && !decl.over.empty())
        continue;
      if (!paths.isReached(node->second)) {
        if (auto op = paths.findCut({node->second, 0}))
          cut.emplace_back(&state, *op);
        continue;
      }
      for (size_t k : matches)
        matched[k] = true;
      auto [first, isNew] =
          taken.try_emplace(state.name, optimization.location);
      if (!isNew) {
        elaborator.error(optimization.location,
                         "two optimizers update " + quote(state.name) +
                             ": say by 'over' what each is for");
        return;
      }
      for (const Update &update : entry.updates)
        if (update.state == state.name) {
          elaborator.error(update.location,
                           "the optimizer updates " + quote(state.name) +
                               " too: freeze it, or say by 'over' what the "
                               "optimizer is for");
          return;
        }
      optimization.parameters.push_back(state.name);
    }
    auto explain = [&](Diagnostic *diagnostic, uint32_t op) {
      if (diagnostic)
        diagnostic->notes.push_back(
            {entry.nodes[op].location,
             quote(origins[op]) + " gives " +
                 std::string(toString(entry.nodes[op].types.back().dtype)) +
                 " here, which has no gradient"});
    };
    auto fail = [&](Location location, const std::string &message,
                    const std::pair<const State *, uint32_t> *how) {
      std::string reason;
      if (how)
        reason = ": it depends on " + quote(how->first->name) +
                 " only through " + quote(origins[how->second]) +
                 ", which has no gradient";
      elaborator.error(location, message + reason);
      if (how)
        explain(context.lastError(), how->second);
    };
    for (size_t k = 0; k < matched.size(); ++k) {
      if (matched[k])
        continue;
      const std::string &path = decl.over[k].text;
      auto how = std::find_if(cut.begin(), cut.end(), [&](const auto &other) {
        const std::string &name = other.first->name;
        return name == path || name.starts_with(path + ".");
      });
      fail(decl.over[k].location,
           "the loss depends on no parameter of " + quote(path) +
               (how == cut.end() ? "" : " by a gradient"),
           how == cut.end() ? nullptr : &*how);
    }
    if (optimization.parameters.empty()) {
      if (decl.over.empty())
        fail(optimization.location,
             std::string("there is nothing to train: the loss depends on no ") +
                 (cut.empty() ? "layer with parameters"
                              : "parameter by a gradient"),
             cut.empty() ? nullptr : &cut.front());
      continue;
    }
    for (const auto &[state, op] : cut)
      explain(context.warning(
                  optimization.location,
                  quote(state->name) +
                      " is not trained: the loss depends on it only through " +
                      quote(origins[op]) + ", which has no gradient"),
              op);
  }
}
