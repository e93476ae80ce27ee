// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the nodes of a graph; see GraphBuilder.h.

#include "GraphBuilder.h"

using namespace mlir;

namespace descent::import {

Location locationAt(MLIRContext *context, const model::CheckedModel &model,
                    StringRef name, const model::Location &location) {
  StringRef file = location.file < model.files.size()
                       ? StringRef(model.files[location.file])
                       : StringRef();
  return NameLoc::get(
      StringAttr::get(context, name),
      FileLineColLoc::get(context, file, location.line, location.column));
}

Location locationOf(MLIRContext *context, const model::CheckedModel &model,
                    const model::Node &node) {
  StringRef name = node.path;
  if (name.empty() && node.op)
    name = node.op->name;
  return locationAt(context, model, name, node.location);
}

void GraphBuilder::build(ArrayRef<model::Node> graph, ValueRange arguments) {
  nodes = graph;
  for (const model::Node &node : nodes)
    if (node.op && node.op->name == "grad")
      for (model::ValueRef ref : ArrayRef(node.operands).drop_front())
        differentiated.insert({ref.node, ref.result});

  for (auto [index, node] : llvm::enumerate(nodes)) {
    Location loc = locationOf(b.getContext(), model, node);
    values.emplace_back();
    switch (node.kind) {
    case model::Node::Kind::Argument:
      values.back().push_back(arguments[index]);
      break;
    case model::Node::Kind::Input:
      values.back().push_back(b.create<ReadOp>(
          loc, convertType(b.getContext(), node.type()), inputSymbol(node)));
      break;
    case model::Node::Kind::State: {
      Value &value = states[node.path];
      if (!value)
        value = b.create<ReadOp>(loc, convertType(b.getContext(), node.type()),
                                 node.path);
      values.back().push_back(value);
      break;
    }
    case model::Node::Kind::Op:
      buildOp(node, index);
      break;
    }
  }
}

/// `value` as one that simplification takes for no other, though it may be
/// equal: a gradient to it is one to its own uses only. A custom function that
/// does nothing, of a name of its own.
static Value distinctValue(OpBuilder &b, Location loc, Value value,
                           uint32_t node, uint32_t result) {
  Type type = value.getType();
  std::string name = ("value " + Twine(node) + "." + Twine(result)).str();
  auto custom = b.create<CustomOp>(loc, type, b.getStringAttr(name), value);
  OpBuilder::InsertionGuard guard(b);
  Block &forward = custom.getForward().emplaceBlock();
  Block &vjp = custom.getVjp().emplaceBlock();
  b.setInsertionPointToEnd(&forward);
  b.create<ReturnOp>(loc, ValueRange(forward.addArgument(type, loc)));
  vjp.addArguments({type, type}, {loc, loc});
  b.setInsertionPointToEnd(&vjp);
  b.create<ReturnOp>(loc, ValueRange(vjp.addArgument(type, loc)));
  return custom.getResult(0);
}

void GraphBuilder::buildOp(const model::Node &node, uint32_t index) {
  Location loc = locationOf(b.getContext(), model, node);
  SmallVector<Value> operands;
  SmallVector<const model::TensorType *> operandTypes;
  for (model::ValueRef ref : node.operands) {
    operands.push_back(value(ref));
    operandTypes.push_back(&nodes[ref.node].types[ref.result]);
  }
  auto builder = BuilderTable::get().ops.lookup(node.op->name);
  assert(builder && "every primitive op has a builder");
  Use use{b, loc, node, operands, operandTypes, *this, scope};
  SmallVector<Value> results = builder(use);
  for (auto [i, value] : llvm::enumerate(results)) {
    Type element = elementType(b.getContext(), node.types[i].dtype);
    assert(shapeOf(value) == ArrayRef<int64_t>(node.types[i].shape) &&
           "a builder and the checker disagree about a shape");
    value = castTo(b, loc, value, element);
    if (differentiated.contains({index, i}))
      value = distinctValue(b, loc, value, index, i);
    values.back().push_back(value);
  }
}

} // namespace descent::import
