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
    // A gradient to what is the same value under another name would be one to
    // all of its uses.
    if (differentiated.contains({index, i}) &&
        llvm::is_contained(operands, value))
      value = b.create<ReshapeOp>(loc, value.getType(), value);
    values.back().push_back(value);
  }
}

} // namespace descent::import
