// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the entries of a model: train, eval, metrics and predict.

#include "Entries.h"
#include "Forward.h"

using namespace mlir;

namespace descent::import {

RankedTensorType convertType(MLIRContext *context,
                             const model::TensorType &type) {
  Type element = type.dtype == model::DType::F32
                     ? Type(Float32Type::get(context))
                     : Type(IntegerType::get(context, 32));
  return tensorType(type.shape, element);
}

static Location locationAt(MLIRContext *context,
                           const model::CheckedModel &model, StringRef name,
                           const model::Location &location) {
  return NameLoc::get(StringAttr::get(context, name),
                      FileLineColLoc::get(context, model.files[location.file],
                                          location.line, location.column));
}

Location locationOf(MLIRContext *context, const model::CheckedModel &model,
                    const model::Node &node) {
  std::string name = node.path;
  if (node.op)
    name += (name.empty() ? "" : ".") + std::string(node.op->name);
  return locationAt(context, model, name, node.location);
}

std::string Measure::stateName(StringRef slot) const {
  return ("metric." + name + "." + slot).str();
}

std::vector<Measure> measuresOf(const model::CheckedModel &model) {
  std::vector<Measure> measures;
  if (model.loss)
    measures.push_back({"loss", *model.loss});
  for (const model::Result &metric : model.metrics)
    measures.push_back({metric.name, metric.node});
  return measures;
}

ArrayRef<std::string> slotsOf(const model::OpSpec &op) {
  static const std::string mean[] = {"sum", "count"};
  if (op.category == model::Category::Loss)
    return mean;
  return BuilderTable::get().metrics.find(op.name)->second.slots;
}

static Value finalize(OpBuilder &b, Location loc, const model::OpSpec &op,
                      ArrayRef<Value> slots) {
  if (op.category == model::Category::Loss)
    return Mean{slots[0], slots[1]}.value(b, loc);
  return BuilderTable::get().metrics.find(op.name)->second.finalize(b, loc,
                                                                    slots);
}

/// The forward pass with dropout, the loss, its gradient, and the update of
/// every parameter that the loss depends on.
static void buildTrain(OpBuilder &b, const model::CheckedModel &model) {
  Forward forward(b, model, *model.loss, /*training=*/true);
  Location lossLoc = locationOf(b.getContext(), model, model.node(*model.loss));
  Value loss = forward.loss(*model.loss).value(b, lossLoc);

  const model::Optimizer &optimizer = *model.optimizer;
  Location loc =
      locationAt(b.getContext(), model, optimizer.op->name, optimizer.location);
  SmallVector<Value> parameters;
  SmallVector<Attribute> symbols;
  for (auto [name, value] : forward.parameters()) {
    parameters.push_back(value);
    symbols.push_back(FlatSymbolRefAttr::get(b.getContext(), name));
  }
  auto gradient = b.create<GradientOp>(
      lossLoc, ValueRange(parameters).getTypes(), loss, parameters);
  auto rule = BuilderTable::get().optimizers.lookup(optimizer.op->name);
  b.create<OptimizeOp>(loc, b.getI64IntegerAttr(0),
                       rule(b.getContext(), optimizer.attributes),
                       b.getArrayAttr(symbols), loss, gradient.getGradients());
  b.create<OutputOp>(lossLoc, b.getStringAttr("loss"), loss, IntegerAttr());
}

/// Adds what this batch contributes to every accumulator.
static void buildEval(OpBuilder &b, const model::CheckedModel &model) {
  std::vector<Measure> measures = measuresOf(model);
  auto roots = llvm::map_to_vector(
      measures, [](const Measure &measure) { return measure.node; });
  Forward forward(b, model, roots, /*training=*/false);
  for (const Measure &measure : measures) {
    const model::Node &node = model.node(measure.node);
    Location loc = locationOf(b.getContext(), model, node);
    for (auto [slot, contribution] : llvm::zip_equal(
             slotsOf(*node.op), forward.contributions(measure.node))) {
      std::string state = measure.stateName(slot);
      Type type = contribution.getType();
      Value old = b.create<ReadOp>(loc, type, state);
      Value sum = b.create<AddOp>(loc, type, ValueRange{old, contribution});
      b.create<WriteOp>(loc, state, sum);
    }
  }
}

/// Turns the accumulators into the loss and the metrics of a data set.
static void buildMetrics(OpBuilder &b, const model::CheckedModel &model) {
  for (const Measure &measure : measuresOf(model)) {
    const model::Node &node = model.node(measure.node);
    Location loc = locationOf(b.getContext(), model, node);
    SmallVector<Value> slots;
    for (const std::string &slot : slotsOf(*node.op))
      slots.push_back(b.create<ReadOp>(loc, tensorType({}, b.getF32Type()),
                                       measure.stateName(slot)));
    b.create<OutputOp>(loc, b.getStringAttr(measure.name),
                       finalize(b, loc, *node.op, slots), IntegerAttr());
  }
}

/// The model's outputs, without dropout.
static void buildPredict(OpBuilder &b, const model::CheckedModel &model) {
  auto roots = llvm::map_to_vector(
      model.outputs, [](const model::Result &output) { return output.node; });
  Forward forward(b, model, roots, /*training=*/false);
  for (const model::Result &output : model.outputs) {
    const model::Node &node = model.node(output.node);
    IntegerAttr batchAxis;
    if (node.type.batchAxis >= 0)
      batchAxis = b.getI64IntegerAttr(node.type.batchAxis);
    b.create<OutputOp>(locationOf(b.getContext(), model, node),
                       b.getStringAttr(output.name), forward.value(output.node),
                       batchAxis);
  }
}

std::vector<std::pair<StringRef, EntryBuilder>>
entryBuildersOf(const model::CheckedModel &model) {
  std::vector<std::pair<StringRef, EntryBuilder>> entries;
  if (model.loss && model.optimizer)
    entries.push_back({"train", buildTrain});
  if (!measuresOf(model).empty()) {
    entries.push_back({"eval", buildEval});
    entries.push_back({"metrics", buildMetrics});
  }
  if (!model.outputs.empty())
    entries.push_back({"predict", buildPredict});
  return entries;
}

} // namespace descent::import
