// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checker: what concerns the model as a whole, then its entries one by one.

#include "Builtins.h"
#include "Entries.h"
#include "Library.h"
#include <algorithm>

using namespace descent::model;

namespace {

class Checker {
public:
  Checker(const Model &model, const LoadOptions &options,
          DiagnosticEngine &diagnostics)
      : model(model), options(options), diagnostics(diagnostics),
        context(model, diagnostics) {}

  std::optional<CheckedModel> run();

private:
  void error(Location location, std::string message) {
    context.error(location, std::move(message));
  }
  void readCommandLine();
  void checkNames();
  void checkBody(const Definition &definition);
  void readSettings();
  void readTrain(Elaborator &settings);
  void readOverrides(Elaborator &settings);
  void checkPlan();
  void elaborate();
  void collectInputs();

  const Model &model;
  const LoadOptions &options;
  DiagnosticEngine &diagnostics;
  ModelContext context;
  CheckedModel result;
  std::optional<int64_t> batch;
  bool usesBatch = false;
  std::optional<Location> batchOption; ///< of --batch
  std::vector<EntrySettings> entries;  ///< of the model's own
};

/// Gives the options a source of their own, so that errors in them can be shown
/// like any other.
void Checker::readCommandLine() {
  if (options.defines.empty() && !options.batch)
    return;
  const std::string prefix = "-D ", batchPrefix = "--batch ";
  std::string text;
  std::vector<size_t> names;
  for (const Define &define : options.defines) {
    names.push_back(text.size() + prefix.size());
    text += prefix + define.name + "=" + define.value + "\n";
  }
  size_t batchOffset = text.size() + batchPrefix.size();
  if (options.batch)
    text += batchPrefix + std::to_string(*options.batch) + "\n";
  uint32_t file = diagnostics.addSource("<command line>", std::move(text));
  std::vector<std::string> known;
  for (const ConstantDecl &constant : model.constants)
    known.push_back(constant.name.text);
  for (size_t i = 0; i < names.size(); ++i) {
    const Define &define = options.defines[i];
    size_t valueOffset = names[i] + define.name.size() + 1;
    std::optional<Expr> value =
        parseExpression(define.value, diagnostics.locate(file, valueOffset),
                        /*exact=*/true, diagnostics);
    if (!value)
      continue;
    if (std::find(known.begin(), known.end(), define.name) != known.end()) {
      context.defines[define.name] = std::move(*value);
      continue;
    }
    error(diagnostics.locate(file, names[i]),
          "the model has no constant " + quote(define.name) +
              didYouMean(define.name, known) +
              (define.name == "batch" ? ": the batch size is set by --batch"
                                      : ""));
  }
  if (!options.batch)
    return;
  batchOption = diagnostics.locate(file, batchOffset);
  if (*options.batch < 1 || *options.batch > maxInteger)
    error(*batchOption, "the batch size must be in [1, 2^31 - 1], got " +
                            std::to_string(*options.batch));
}

/// Whether a body has a stage that gives a value.
static bool givesValue(const std::vector<Stage> &body) {
  return std::any_of(body.begin(), body.end(), [](const Stage &stage) {
    return stage.kind == Stage::Kind::Value ||
           stage.kind == Stage::Kind::Return || stage.kind == Stage::Kind::If ||
           stage.kind == Stage::Kind::Repeat || stage.kind == Stage::Kind::For;
  });
}

/// A body without a value would give back what it takes.
void Checker::checkBody(const Definition &definition) {
  const std::string &name = definition.name.text;
  if (!givesValue(definition.body))
    error(definition.name.location,
          "the body of " + quote(name) +
              " computes nothing: say by 'return' what " + quote(name) +
              " gives");
  for (const ParameterDecl &parameter : definition.parameters)
    if (definition.vjp && parameter.type.name.text == "tensors")
      error(parameter.name.location,
            quote(name) +
                " has a derivative of its own, and so takes tensors "
                "one by one: " +
                quote(parameter.name.text) + " is a list of them");
  if (definition.vjp && !givesValue(*definition.vjp))
    error(definition.name.location,
          "the vjp of " + quote(name) +
              " computes nothing: say by 'return' which cotangents it gives");
}

/// Constants and inputs are told apart by name; definitions from the library's.
void Checker::checkNames() {
  std::unordered_map<std::string, std::pair<Location, const char *>> seen;
  auto add = [&](const Identifier &name, const char *what) {
    auto [first, isNew] =
        seen.try_emplace(name.text, std::pair(name.location, what));
    if (isNew)
      return;
    if (Diagnostic *diagnostic =
            context.error(name.location, quote(name.text) + " is the name of " +
                                             first->second.second + " already"))
      diagnostic->notes.push_back({first->second.first, "it is defined here"});
  };
  for (const ConstantDecl &constant : model.constants)
    add(constant.name, "a constant");
  for (const InputDecl &input : model.inputs)
    add(input.name, "an input");
  seen.clear();
  for (const Definition &definition : model.definitions) {
    checkBody(definition);
    const Identifier &name = definition.name;
    add(name, "a definition");
    if (lookup(name.text) || findBuiltin(name.text))
      error(name.location, quote(name.text) +
                               " is part of the language already: choose "
                               "another name");
    else if (name.text.starts_with("_") && libraryDefinition(name.text))
      error(name.location, quote(name.text) + " is reserved by the library");
  }
}

void Checker::readTrain(Elaborator &settings) {
  for (const Argument &argument : model.train) {
    const std::string &key = argument.key.text;
    if (key != "batch" && key != "epochs") {
      error(argument.key.location, "unknown key " + quote(key) + " in 'train'" +
                                       didYouMean(key, {"batch", "epochs"}));
      continue;
    }
    std::optional<int64_t> value = settings.evaluateSetting(argument.value);
    if (!value)
      continue;
    if (*value < 1) {
      error(argument.value.location,
            quote(key) + " must be at least 1, got " + std::to_string(*value));
      value = 1;
    }
    if (key == "batch")
      batch = value;
    else
      result.epochs = *value;
  }
  if (options.batch)
    batch = std::max<int64_t>(*options.batch, 1);
}

void Checker::readOverrides(Elaborator &settings) {
  int64_t group = model.optimizers.size();
  std::unordered_map<std::string_view, Location> seen;
  for (const EntryDecl &decl : model.entries) {
    const std::string &name = decl.name.text;
    if (name == "train" || name == "eval" || name == "metrics" ||
        name == "predict")
      error(decl.name.location, quote(name) +
                                    " is an entry of every model: choose "
                                    "another name");
    else if (!seen.try_emplace(name, decl.name.location).second)
      error(decl.name.location,
            "there is an entry " + quote(name) + " already");
    EntrySettings entry{name, !decl.optimizers.empty(), batch, &decl, group};
    group += decl.optimizers.size();
    for (const Argument &argument : decl.overrides) {
      const std::string &key = argument.key.text;
      if (key == "batch") {
        std::optional<int64_t> value = settings.evaluateSetting(argument.value);
        if (value && *value < 1)
          error(argument.value.location,
                "'batch' must be at least 1, got " + std::to_string(*value));
        else if (value)
          entry.batch = value;
      } else if (key == "training") {
        if (std::optional<bool> value = settings.evaluateFlag(argument.value))
          entry.training = *value;
      } else {
        std::vector<std::string> known{"batch", "training"};
        for (const ConstantDecl &constant : model.constants)
          known.push_back(constant.name.text);
        if (std::find(known.begin(), known.end(), key) == known.end())
          error(argument.key.location, "the model has no constant " +
                                           quote(key) + didYouMean(key, known));
      }
    }
    entries.push_back(std::move(entry));
  }
}

void Checker::readSettings() {
  Elaborator settings(context, "train", false, std::nullopt);
  readTrain(settings);
  for (const InputDecl &input : model.inputs)
    for (const Expr &size : input.shape.operands) {
      if (!size.isName("batch"))
        continue;
      usesBatch = true;
      if (batch)
        continue;
      error(size.location,
            "the size of 'batch' is not known: give it by " +
                std::string(model.isText ? "train batch: 32"
                                         : "\"train\": { \"batch\": 32 }") +
                " or --batch");
      batch = 1;
    }
  if (!usesBatch)
    batch.reset();
  if (model.inputs.empty())
    error({model.file, 0, 0}, "the model has no inputs");
  if (batchOption && !usesBatch)
    error(*batchOption, "--batch has no effect: no input has a size 'batch'");
  readOverrides(settings);
}

void Checker::checkPlan() {
  auto placeOf = [](const Expr &expr) {
    return expr.kind == Expr::Kind::Call ? expr.operands[0].location
                                         : expr.location;
  };
  if (!model.metrics.empty() && model.losses.empty())
    error(model.metrics[0].name.location,
          "metrics are measured together with a loss, and the model has no "
          "'loss'");
  if (!model.optimizers.empty() && model.losses.empty())
    error(placeOf(model.optimizers[0].value),
          "there is nothing to minimize: the model has an optimizer and no "
          "'loss'");
}

void Checker::elaborate() {
  auto add = [&](std::optional<Entry> entry) {
    if (entry)
      result.entries.push_back(std::move(*entry));
  };
  auto elaboration = [&](const char *name, bool training) {
    return EntryElaboration(context, {name, training, batch, nullptr, 0});
  };
  if (!model.losses.empty() && !model.optimizers.empty())
    add(elaboration("train", true).train());
  if (!model.losses.empty() && !context.tooManyErrors()) {
    add(elaboration("eval", false).eval());
    if (!diagnostics.hasErrors())
      add(elaboration("metrics", false).metrics());
  }
  if (context.tooManyErrors())
    return;
  std::optional<Entry> predict = elaboration("predict", false).predict();
  if (predict && !predict->outputs.empty())
    result.entries.push_back(std::move(*predict));
  checkPlan();
  for (EntrySettings &settings : entries)
    if (!diagnostics.hasErrors())
      add(EntryElaboration(context, std::move(settings)).custom());
}

void Checker::collectInputs() {
  Elaborator settings(context, "train", false, batch);
  settings.declareInputs();
  for (const InputDecl &decl : model.inputs) {
    Input input;
    input.name = decl.name.text;
    input.location = decl.name.location;
    input.type = settings.inputType(decl.name.text);
    auto bound = context.indexBounds.find(input.name);
    if (bound != context.indexBounds.end())
      input.high = bound->second;
    if (decl.range) {
      const std::vector<Expr> &ends = decl.range->operands;
      std::optional<int64_t> low =
          ends.size() == 2 ? settings.evaluateSetting(ends[0]) : std::nullopt;
      std::optional<int64_t> high =
          ends.size() == 2 ? settings.evaluateSetting(ends[1]) : std::nullopt;
      if (!low || !high)
        continue;
      if (!isInteger(input.type.dtype))
        error(decl.range->location,
              "only integers have a range, and " + quote(input.name) + " is " +
                  std::string(toString(input.type.dtype)));
      else if (*low >= *high)
        error(decl.range->location, "the range [" + std::to_string(*low) +
                                        ", " + std::to_string(*high) +
                                        ") is empty");
      else if (input.high && (*low < 0 || *high > input.high))
        error(decl.range->location, quote(input.name) +
                                        " is used as an index in [0, " +
                                        std::to_string(input.high) +
                                        "), so its range must lie in "
                                        "that");
      input.low = *low;
      input.high = *high;
    }
    result.inputs.push_back(std::move(input));
  }
}

std::optional<CheckedModel> Checker::run() {
  readCommandLine();
  checkNames();
  readSettings();
  elaborate();
  if (!diagnostics.hasErrors())
    collectInputs();
  if (!diagnostics.hasErrors() && result.entries.empty())
    error({model.file, 0, 0},
          "the model computes nothing: it has neither a loss nor an output");
  if (diagnostics.hasErrors())
    return std::nullopt;
  result.name = model.name.text;
  result.batch = batch;
  for (const ModelContext::KnownState &known : context.states)
    if (known.used)
      result.states.push_back(known.state);
  for (uint32_t i = 0; i < diagnostics.numSources(); ++i)
    result.files.push_back(diagnostics.name(i));
  return std::move(result);
}

} // namespace

std::optional<CheckedModel>
descent::model::check(const Model &model, const LoadOptions &options,
                      DiagnosticEngine &diagnostics) {
  return Checker(model, options, diagnostics).run();
}
