// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluates the part of a model's graph that one entry needs; see Forward.h.

#include "Forward.h"
#include "Entries.h"

using namespace mlir;

namespace descent::import {

llvm::BitVector reach(const model::CheckedModel &model,
                      ArrayRef<model::NodeRef> roots) {
  llvm::BitVector reached(model.nodes.size());
  for (model::NodeRef root : roots)
    reached.set(root);
  for (size_t ref = model.nodes.size(); ref-- > 0;)
    if (reached[ref])
      for (model::NodeRef operand : model.nodes[ref].operands)
        reached.set(operand);
  return reached;
}

template <typename Build>
auto Forward::withUse(model::NodeRef ref, Build build) {
  const model::Node &node = model.nodes[ref];
  Location loc = locationOf(b.getContext(), model, node);
  SmallVector<Value> operands, parameters;
  SmallVector<const model::TensorType *> operandTypes;
  for (model::NodeRef operand : node.operands) {
    operands.push_back(values[operand]);
    operandTypes.push_back(&model.nodes[operand].type);
  }
  for (const model::Parameter &parameter : node.parameters) {
    Value &value = read[parameter.name];
    if (!value)
      value = readSymbol(loc, tensorType(parameter.shape, b.getF32Type()),
                         parameter.name);
    parameters.push_back(value);
  }
  return build(Use{b, loc, node, operands, operandTypes, parameters, training,
                   static_cast<int32_t>(ref)});
}

Forward::Forward(OpBuilder &b, const model::CheckedModel &model,
                 ArrayRef<model::NodeRef> roots, bool training)
    : b(b), model(model), training(training), values(model.nodes.size()) {
  const BuilderTable &table = BuilderTable::get();
  for (unsigned ref : reach(model, roots).set_bits()) {
    const model::Node &node = model.nodes[ref];
    if (node.isInput()) {
      values[ref] =
          readSymbol(locationOf(b.getContext(), model, node),
                     convertType(b.getContext(), node.type), node.path);
    } else if (node.op->category == model::Category::Layer) {
      values[ref] = withUse(ref, table.layers.lookup(node.op->name));
      assert(shapeOf(values[ref]) == ArrayRef<int64_t>(node.type.shape) &&
             "a builder and the checker disagree about a shape");
    }
  }
}

Value Forward::readSymbol(Location loc, Type type, StringRef name) {
  return b.create<ReadOp>(loc, type, name);
}

Mean Forward::loss(model::NodeRef ref) {
  return withUse(ref,
                 BuilderTable::get().losses.lookup(model.nodes[ref].op->name));
}

SmallVector<Value> Forward::contributions(model::NodeRef ref) {
  const model::OpSpec &op = *model.nodes[ref].op;
  if (op.category == model::Category::Loss) {
    Mean mean = loss(ref);
    return {mean.total, mean.count};
  }
  return withUse(ref,
                 BuilderTable::get().metrics.find(op.name)->second.contribute);
}

} // namespace descent::import
