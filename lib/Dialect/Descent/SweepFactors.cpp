// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The coefficients of a reverse sweep; see SweepFactors.h.

#include "SweepFactors.h"
#include "Derivatives.h"

using namespace mlir;

namespace descent {

DenseSet<Value> findTangents(Block &block, ValueRange cotangents) {
  DenseSet<Value> tangents;
  for (Value cotangent : cotangents)
    if (cotangent)
      tangents.insert(cotangent);
  for (Operation &op : block.without_terminator())
    if (llvm::any_of(op.getOperands(),
                     [&](Value operand) { return tangents.contains(operand); }))
      tangents.insert(op.result_begin(), op.result_end());
  return tangents;
}

namespace {

class Factoring {
public:
  Factoring(Block &block, ValueRange cotangents)
      : block(block), tangents(findTangents(block, cotangents)) {}

  void run() {
    for (Operation &op : llvm::make_early_inc_range(block.without_terminator()))
      if (op.getNumResults() == 1 && isTangent(op.getResult(0)))
        factor(&op);
  }

private:
  /// A tangent as a product of another and of what is none.
  struct Product {
    Value base, coefficient;
  };
  Block &block;
  DenseSet<Value> tangents;
  DenseMap<Value, Product> products;

  bool isTangent(Value value) { return tangents.contains(value); }

  void factor(Operation *op) {
    if (auto mul = dyn_cast<MulOp>(op))
      factorProduct(mul);
    else if (auto neg = dyn_cast<NegOp>(op))
      factorNegated(neg);
    else if (auto add = dyn_cast<AddOp>(op))
      factorSum(add);
  }

  void factorProduct(MulOp op) {
    Value base = op.getLhs(), coefficient = op.getRhs();
    if (isTangent(coefficient))
      std::swap(base, coefficient);
    if (isTangent(coefficient))
      return; // not linear: a derivative of a derivative
    OpBuilder b(op);
    Arith a{b, op.getLoc()};
    auto negated = base.getDefiningOp<NegOp>();
    if (negated && isTangent(negated.getOperand()))
      return replace(op, {negated.getOperand(), a.neg(coefficient)});
    auto known = products.find(base);
    if (known == products.end()) {
      products[op] = {base, coefficient};
      return;
    }
    replace(op, {known->second.base,
                 a.mul(known->second.coefficient, coefficient)});
  }

  void factorNegated(NegOp op) {
    auto known = products.find(op.getOperand());
    if (known == products.end())
      return;
    OpBuilder b(op);
    Arith a{b, op.getLoc()};
    replace(op, {known->second.base, a.neg(known->second.coefficient)});
  }

  /// Addends that are multiples of one tangent become one.
  void factorSum(AddOp op) {
    SmallVector<Value> addends;
    llvm::MapVector<Value, SmallVector<Value>> multiples;
    for (Value operand : op.getOperands()) {
      auto known = products.find(operand);
      if (known != products.end())
        multiples[known->second.base].push_back(operand);
    }
    if (llvm::all_of(multiples,
                     [](auto &entry) { return entry.second.size() < 2; }))
      return;
    OpBuilder b(op);
    Arith a{b, op.getLoc()};
    DenseSet<Value> done;
    for (Value operand : op.getOperands()) {
      auto known = products.find(operand);
      if (known == products.end()) {
        addends.push_back(operand);
        continue;
      }
      Value base = known->second.base;
      ArrayRef<Value> all = multiples[base];
      if (!done.insert(base).second)
        continue;
      if (all.size() == 1) {
        addends.push_back(operand);
        continue;
      }
      SmallVector<Value> coefficients = llvm::map_to_vector(
          all, [&](Value value) { return products.lookup(value).coefficient; });
      Value sum = b.create<AddOp>(op.getLoc(), op.getType(), coefficients);
      if (all.size() == op.getNumOperands())
        return replace(op, {base, sum});
      addends.push_back(multiply(b, op.getLoc(), {base, sum}));
    }
    op->setOperands(addends);
  }

  Value multiply(OpBuilder &b, Location loc, Product product) {
    Value value = Arith{b, loc}.mul(product.base, product.coefficient);
    tangents.insert(value);
    products[value] = product;
    return value;
  }

  void replace(Operation *op, Product product) {
    OpBuilder b(op);
    op->getResult(0).replaceAllUsesWith(multiply(b, op->getLoc(), product));
    tangents.erase(op->getResult(0));
    op->erase();
  }
};

} // namespace

void factorSweep(Block &block, ValueRange cotangents) {
  Factoring(block, cotangents).run();
}

} // namespace descent
