// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reverse-mode differentiation; see Passes.td.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_AUTODIFFPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

namespace {

/// The expansion of one descent.gradient.
class Gradient {
public:
  explicit Gradient(GradientOp op) : op(op), builder(op) {}

  LogicalResult expand() {
    collectActive();
    contribute(op.getLoss(),
               constantLike(builder, op.getLoc(), op.getLoss().getType(), 1));
    for (Operation *current = op->getPrevNode(); current;
         current = current->getPrevNode())
      if (failed(visit(current)))
        return failure();
    for (auto [value, gradient] : llvm::zip(op.getWrt(), op.getGradients())) {
      Value cotangent = total(value);
      gradient.replaceAllUsesWith(
          cotangent ? cotangent
                    : constantLike(builder, op.getLoc(), value.getType(), 0));
    }
    op.erase();
    return success();
  }

private:
  GradientOp op;
  OpBuilder builder;
  /// Values that depend on what is differentiated to.
  llvm::DenseSet<Value> active;
  /// Contributions to each value's cotangent, the last in program order first.
  llvm::DenseMap<Value, SmallVector<Value>> contributions;

  static bool isFloat(Value value) {
    return isa<FloatType>(getElementTypeOrSelf(value.getType()));
  }

  void collectActive() {
    active.insert(op.getWrt().begin(), op.getWrt().end());
    for (Operation &current : *op->getBlock()) {
      if (&current == op)
        return;
      if (llvm::any_of(current.getOperands(),
                       [&](Value operand) { return active.contains(operand); }))
        for (Value result : current.getResults())
          if (isFloat(result))
            active.insert(result);
    }
  }

  void contribute(Value value, Value cotangent) {
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
      terms = {builder.create<AddOp>(op.getLoc(), value.getType(), inOrder)};
    }
    return terms.front();
  }

  /// Passes the cotangents of an operation's results on to its operands.
  LogicalResult visit(Operation *current) {
    SmallVector<Value> cotangents;
    for (Value result : current->getResults())
      cotangents.push_back(active.contains(result) ? total(result) : Value());
    if (llvm::none_of(cotangents,
                      [](Value cotangent) { return bool(cotangent); }))
      return success();
    SmallVector<bool> wanted;
    for (Value operand : current->getOperands())
      wanted.push_back(active.contains(operand) && isFloat(operand));
    if (llvm::none_of(wanted, [](bool is) { return is; }))
      return success();

    auto differentiable = dyn_cast<DifferentiableOpInterface>(current);
    if (!differentiable) {
      auto error = current->emitOpError(
          "is not differentiable, and the gradient has to go through it");
      error.attachNote(op.getLoc()) << "the gradient is asked for here";
      return error;
    }
    SmallVector<Value> operandCotangents(current->getNumOperands());
    OpBuilder::InsertionGuard guard(builder);
    differentiable.buildVJP(builder, cotangents, wanted, operandCotangents);
    for (auto [operand, cotangent, is] :
         llvm::zip(current->getOperands(), operandCotangents, wanted))
      if (is && cotangent)
        contribute(operand, cotangent);
    return success();
  }
};

struct AutodiffPass : descent::impl::AutodiffPassBase<AutodiffPass> {
  void runOnOperation() override {
    for (auto gradient : llvm::make_early_inc_range(
             getOperation().getBody().front().getOps<GradientOp>()))
      if (failed(Gradient(gradient).expand()))
        return signalPassFailure();
  }
};

} // namespace
