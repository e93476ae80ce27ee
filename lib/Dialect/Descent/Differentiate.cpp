// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reverse sweep over a block; see Differentiate.h.

#include "descent/Dialect/Descent/Differentiate.h"

using namespace mlir;

namespace descent {

bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

Type cotangentType(Type type) {
  return isa<Float16Type, BFloat16Type>(getElementTypeOrSelf(type))
             ? withElementType(type, Float32Type::get(type.getContext()))
             : type;
}

DenseSet<Value> findDependents(Block &block, Operation *end,
                               ValueRange values) {
  DenseSet<Value> reached(values.begin(), values.end());
  for (Operation &op : block) {
    if (&op == end)
      break;
    if (llvm::any_of(op.getOperands(),
                     [&](Value operand) { return reached.contains(operand); }))
      for (Value result : op.getResults())
        if (isFloat(result))
          reached.insert(result);
  }
  return reached;
}

namespace {

class ReverseSweep {
public:
  ReverseSweep(OpBuilder &builder, Location loc, ValueRange wanted)
      : builder(builder), loc(loc) {
    Block &block = *builder.getInsertionBlock();
    Operation *end = nullptr;
    if (builder.getInsertionPoint() != block.end())
      end = &*builder.getInsertionPoint();
    last = end ? end->getPrevNode() : block.empty() ? nullptr : &block.back();
    active = findDependents(block, end, wanted);
  }

  LogicalResult run() {
    for (Operation *op = last; op; op = op->getPrevNode())
      if (failed(visit(op)))
        return failure();
    return success();
  }

  /// Contributions of 16 bits become f32: they are summed.
  void contribute(Value value, Value cotangent) {
    Type type = cotangentType(value.getType());
    if (cotangent.getType() != type)
      cotangent = builder.createOrFold<CastOp>(loc, type, cotangent);
    contributions[value].push_back(cotangent);
  }

  /// The sum of all contributions to a value, or null if there are none.
  Value total(Value value) {
    auto found = contributions.find(value);
    if (found == contributions.end())
      return {};
    auto &terms = found->second;
    if (terms.size() > 1) {
      SmallVector<Value> inOrder(llvm::reverse(terms));
      terms = {builder.create<AddOp>(loc, terms[0].getType(), inOrder)};
    }
    return terms.front();
  }

private:
  OpBuilder &builder;
  Location loc;
  Operation *last;
  /// Values that depend on what is differentiated to.
  DenseSet<Value> active;
  /// Contributions to each value's cotangent, the last in program order first.
  DenseMap<Value, SmallVector<Value>> contributions;

  /// Passes the cotangents of an operation's results on to its operands.
  LogicalResult visit(Operation *op) {
    SmallVector<Value> cotangents;
    for (Value result : op->getResults())
      cotangents.push_back(active.contains(result) ? total(result) : Value());
    if (llvm::none_of(cotangents,
                      [](Value cotangent) { return bool(cotangent); }))
      return success();
    SmallVector<Value> operands(op->getOperands());
    SmallVector<bool> wanted;
    for (Value operand : operands)
      wanted.push_back(active.contains(operand) && isFloat(operand));
    if (llvm::none_of(wanted, [](bool is) { return is; }))
      return success();

    auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
    if (!differentiable) {
      auto error = op->emitOpError(
          "is not differentiable, and the gradient has to go through it");
      error.attachNote(loc) << "the gradient is asked for here";
      return error;
    }
    SmallVector<Value> operandCotangents(operands.size());
    {
      OpBuilder::InsertionGuard guard(builder);
      differentiable.buildVJP(builder, cotangents, wanted, operandCotangents);
    }
    for (auto [operand, cotangent, is] :
         llvm::zip(operands, operandCotangents, wanted))
      if (is && cotangent)
        contribute(operand, cotangent);
    return success();
  }
};

} // namespace

FailureOr<SmallVector<Value>>
differentiateBlock(OpBuilder &builder, Location loc, ValueRange values,
                   ValueRange cotangents, ValueRange wanted) {
  // Copies: operations may replace themselves, and so change operand lists.
  SmallVector<Value> wantedBefore(wanted);
  ReverseSweep sweep(builder, loc, wanted);
  for (auto [value, cotangent] : llvm::zip_equal(values, cotangents))
    sweep.contribute(value, cotangent);
  if (failed(sweep.run()))
    return failure();
  return llvm::map_to_vector(wantedBefore,
                             [&](Value value) { return sweep.total(value); });
}

} // namespace descent
