// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops with bodies: loops over a sequence, and functions with a derivative of
// their own.

#include "GraphBuilder.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

/// Adds arguments for values of `types`.
static Values addArguments(Block &block, TypeRange types, Location loc) {
  Values arguments;
  for (Type type : types)
    arguments.push_back(block.addArgument(type, loc));
  return arguments;
}

/// Builds at the end of a block that is in no region yet.
static OpBuilder builderAt(Block &block, MLIRContext *context) {
  OpBuilder builder(context);
  builder.setInsertionPointToEnd(&block);
  return builder;
}

/// Moves dimension `from` to the place of dimension `to`.
static Value moveDim(const Use &use, Value value, int64_t from, int64_t to) {
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, shapeOf(value).size()));
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return permute(use.b, use.loc, value, order);
}

/// Operands: as many initial states as `states` says, then as many sequences as
/// `sequences` says, then what the step uses besides. The step takes the same,
/// of each sequence a slice, and gives the new states, then what is stacked.
/// The results are the stacked values, then the last states.
static Values buildScan(const Use &use) {
  OpBuilder &b = use.b;
  const model::Body &step = use.node.bodies.front();
  size_t numStates = use.attributes().integer("states");
  size_t numSequences = use.attributes().integer("sequences");
  ArrayRef<Value> inits = use.operands.take_front(numStates);
  ArrayRef<Value> captures = use.operands.drop_front(numStates + numSequences);
  int64_t axis = use.attributes().integer("axis");
  auto axisOf = [&](int64_t rank) { return axis < 0 ? axis + rank : axis; };

  Values sequences;
  Block *block = new Block();
  Values arguments =
      addArguments(*block, ValueRange(inits).getTypes(), use.loc);
  for (Value sequence : use.operands.slice(numStates, numSequences)) {
    sequences.push_back(
        moveDim(use, sequence, axisOf(shapeOf(sequence).size()), 0));
    arguments.push_back(block->addArgument(
        tensorType(shapeOf(sequences.back()).drop_front(), elementOf(sequence)),
        use.loc));
  }
  int64_t count = sequences.empty() ? use.attributes().integer("count")
                                    : shapeOf(sequences.front()).front();
  llvm::append_range(
      arguments,
      addArguments(*block, ValueRange(captures).getTypes(), use.loc));

  OpBuilder inner = builderAt(*block, b.getContext());
  Scope scope(inner, use.scope, *block, numStates + numSequences);
  scope.setLoop(count);
  GraphBuilder graph(inner, scope, use.graph.getModel());
  // The step's own captures stand behind those that the scope adds.
  graph.build(step.nodes, arguments);
  Values returned = llvm::map_to_vector(
      step.results, [&](model::ValueRef ref) { return graph.value(ref); });
  inner.create<ReturnOp>(use.loc, returned);

  if (scope.usesIteration())
    sequences.push_back(b.create<IotaOp>(
        use.loc, tensorType({count}, b.getI32Type()), b.getI64IntegerAttr(0)));
  Values captured = scope.captures();
  llvm::append_range(captured, captures);
  auto scan =
      b.create<ScanOp>(use.loc, count, use.attributes().flag("reversed"), inits,
                       sequences, captured, block);
  Values results;
  for (Value stacked : scan.getStacked())
    results.push_back(
        moveDim(use, stacked, 0, axisOf(shapeOf(stacked).size())));
  llvm::append_range(results, scan.getFinals());
  return results;
}

/// Bodies: the function of the operands, and its derivative, of the operands,
/// the results and the results' cotangents. What either captures is an operand
/// of both, without a cotangent.
static Values buildCustom(const Use &use) {
  OpBuilder &b = use.b;
  MLIRContext *context = b.getContext();
  TypeRange operandTypes = ValueRange(use.operands).getTypes();
  SmallVector<Type> resultTypes;
  for (const model::TensorType &type : use.node.types)
    resultTypes.push_back(convertType(context, type));

  auto forward = std::make_unique<Block>(), vjp = std::make_unique<Block>();
  OpBuilder forwardBuilder = builderAt(*forward, context);
  OpBuilder vjpBuilder = builderAt(*vjp, context);
  unsigned firstCapture = use.operands.size();
  auto buildBody = [&](const model::Body &body, OpBuilder &builder,
                       Scope &scope, Values arguments) {
    GraphBuilder graph(builder, scope, use.graph.getModel());
    graph.build(body.nodes, arguments);
    return llvm::map_to_vector(
        body.results, [&](model::ValueRef ref) { return graph.value(ref); });
  };

  Scope forwardScope(forwardBuilder, use.scope, *forward, firstCapture);
  Values arguments = addArguments(*forward, operandTypes, use.loc);
  Values results =
      buildBody(use.node.bodies[0], forwardBuilder, forwardScope, arguments);
  forwardBuilder.create<ReturnOp>(use.loc, results);

  Scope vjpScope(vjpBuilder, use.scope, *vjp, firstCapture);
  arguments = addArguments(*vjp, operandTypes, use.loc);
  llvm::append_range(arguments, addArguments(*vjp, resultTypes, use.loc));
  llvm::append_range(arguments, addArguments(*vjp, resultTypes, use.loc));
  for (Value value : forwardScope.captures())
    vjpScope.capture(value);
  Values cotangents =
      buildBody(use.node.bodies[1], vjpBuilder, vjpScope, arguments);
  Values operands(use.operands);
  for (Value value : vjpScope.captures()) {
    forwardScope.capture(value);
    operands.push_back(value);
    cotangents.push_back(constantLike(vjpBuilder, use.loc, value.getType(), 0));
  }
  vjpBuilder.create<ReturnOp>(use.loc, cotangents);

  auto custom = b.create<CustomOp>(use.loc, resultTypes,
                                   b.getStringAttr(use.node.path), operands);
  custom.getForward().push_back(forward.release());
  custom.getVjp().push_back(vjp.release());
  return Values(custom.getResults());
}

void addControlFlowBuilders(BuilderTable &table) {
  table.ops["scan"] = buildScan;
  table.ops["custom"] = buildCustom;
}

} // namespace descent::import
