// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds an entry: its graph, the optimizers, the updates of states, and the
// outputs.

#include "Entries.h"
#include "GraphBuilder.h"

using namespace mlir;

namespace descent::import {

static const model::Input *findInput(const model::CheckedModel &model,
                                     StringRef name) {
  for (const model::Input &input : model.inputs)
    if (input.name == name)
      return &input;
  return nullptr;
}

std::string inputSymbol(const model::CheckedModel &model,
                        const model::Entry &entry, const model::Node &input) {
  const model::Input *shared = findInput(model, input.path);
  if (shared && shared->type == input.type())
    return input.path;
  return entry.name + "." + input.path;
}

/// The gradients of the loss, and the update of the parameters by them.
static void buildOptimization(OpBuilder &b, const model::CheckedModel &model,
                              const model::Entry &entry, GraphBuilder &graph,
                              Scope &scope,
                              const model::Optimization &optimization) {
  MLIRContext *context = b.getContext();
  Location lossLoc = locationOf(context, model, entry.node(optimization.loss));
  Location loc =
      locationAt(context, model, optimization.op->name, optimization.location);
  Value loss =
      castTo(b, lossLoc, graph.value(optimization.loss),
             arithmeticType(context, entry.type(optimization.loss).dtype));
  SmallVector<Value> parameters;
  SmallVector<Attribute> symbols;
  for (const std::string &name : optimization.parameters) {
    Value value = graph.state(name);
    assert(value && "an entry reads the parameters that it optimizes");
    if (!isa<Float32Type, Float64Type>(elementOf(value))) {
      emitError(loc) << "parameter '" << name << "' of element type "
                     << elementOf(value)
                     << " cannot be trained; declare it as f32 and cast it "
                        "where it is used";
      return scope.fail();
    }
    parameters.push_back(value);
    symbols.push_back(FlatSymbolRefAttr::get(context, name));
  }
  auto gradient = b.create<GradientOp>(
      lossLoc, ValueRange(parameters).getTypes(), loss, parameters);
  auto rule = BuilderTable::get().optimizers.lookup(optimization.op->name);
  b.create<OptimizeOp>(loc, b.getI64IntegerAttr(optimization.group),
                       rule(context, optimization.attributes),
                       b.getArrayAttr(symbols), loss, gradient.getGradients());
}

bool buildEntry(OpBuilder &b, const model::CheckedModel &model,
                const model::Entry &entry) {
  Scope scope(b);
  GraphBuilder graph(b, scope, model, [&](const model::Node &input) {
    return inputSymbol(model, entry, input);
  });
  graph.build(entry.nodes);
  for (const model::Optimization &optimization : entry.optimizations)
    buildOptimization(b, model, entry, graph, scope, optimization);
  for (const model::Update &update : entry.updates)
    b.create<WriteOp>(
        locationAt(b.getContext(), model, update.state, update.location),
        update.state, graph.value(update.value));
  for (const model::Output &output : entry.outputs) {
    IntegerAttr batchAxis;
    if (int axis = entry.type(output.value).batchAxis; axis >= 0)
      batchAxis = b.getI64IntegerAttr(axis);
    b.create<OutputOp>(
        locationOf(b.getContext(), model, entry.node(output.value)),
        b.getStringAttr(output.name), graph.value(output.value), batchAxis);
  }
  return !scope.hasFailed();
}

} // namespace descent::import
