// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizer rules as ordinary operations on arenas; see Passes.td.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_EXPANDOPTIMIZERSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

namespace {

/// The expansion of one descent.optimize.
class Update {
public:
  explicit Update(OptimizeOp op)
      : op(op), b(op), loc(op.getLoc()),
        module(op->getParentOfType<ModuleOp>()), symbols(module),
        prefix("optim." + std::to_string(op.getGroup()) + ".") {}

  void expand() {
    SmallVector<Value> parameters;
    for (auto symbol : op.getParameters().getAsRange<FlatSymbolRefAttr>())
      parameters.push_back(b.create<ReadOp>(
          loc, symbols.lookup<StateOp>(symbol.getValue()).getType(), symbol));
    parameter = b.create<PackOp>(loc, parameters);
    gradient = b.create<PackOp>(loc, op.getGradients());
    watch();
    Value step = TypeSwitch<Attribute, Value>(op.getRule())
                     .Case([&](SgdAttr rule) { return sgd(rule); })
                     .Case([&](AdamAttr rule) { return adam(rule); });
    Value rate = b.create<ControlOp>(loc, tensorType({}, b.getF32Type()),
                                     ControlWord::lr_scale);
    Value scaled = mul(step, broadcastScalar(b, loc, rate, shape()));
    writePieces(op.getParameters().getAsRange<FlatSymbolRefAttr>(), parameter,
                sub(parameter, scaled));
    op.erase();
  }

private:
  OptimizeOp op;
  OpBuilder b;
  Location loc;
  ModuleOp module;
  SymbolTable symbols;
  std::string prefix;
  Value parameter, gradient; ///< arenas
  Value healthy;             ///< i1 scalar: no step so far has diverged

  ArrayRef<int64_t> shape() {
    return cast<RankedTensorType>(parameter.getType()).getShape();
  }

  Value constant(Value like, double value) {
    return constantLike(b, loc, like.getType(), value);
  }
  Value add(Value x, Value y) {
    return b.create<AddOp>(loc, x.getType(), ValueRange{x, y});
  }
  Value sub(Value x, Value y) { return b.create<SubOp>(loc, x, y); }
  Value mul(Value x, Value y) { return b.create<MulOp>(loc, x, y); }
  Value div(Value x, Value y) { return b.create<DivOp>(loc, x, y); }
  Value scale(Value x, double by) { return mul(x, constant(x, by)); }
  /// a x + b y
  Value blend(double a, Value x, double c, Value y) {
    return add(scale(x, a), scale(y, c));
  }

  //===--------------------------------------------------------------------===//
  // State
  //===--------------------------------------------------------------------===//

  /// Declares a state that starts as zero.
  FlatSymbolRefAttr declare(const Twine &name, Type type, Role role) {
    OpBuilder atModule(op->getParentOp());
    auto zero = b.getF64FloatAttr(0);
    auto init = InitAttr::get(b.getContext(), InitKind::constant, zero, zero);
    auto state = atModule.create<StateOp>(
        loc, b.getStringAttr(name), TypeAttr::get(type),
        RoleAttr::get(b.getContext(), role), init);
    return FlatSymbolRefAttr::get(state);
  }

  /// The arena of one slot: a state for every parameter.
  std::pair<SmallVector<FlatSymbolRefAttr>, Value> slot(StringRef name) {
    SmallVector<FlatSymbolRefAttr> names;
    SmallVector<Value> values;
    for (auto symbol : op.getParameters().getAsRange<FlatSymbolRefAttr>()) {
      Type type = symbols.lookup<StateOp>(symbol.getValue()).getType();
      names.push_back(declare(prefix + name + "." + symbol.getValue(), type,
                              Role::optimizer));
      values.push_back(b.create<ReadOp>(loc, type, names.back()));
    }
    return {names, b.create<PackOp>(loc, values)};
  }

  Value guarded(Value before, Value after) {
    auto type = cast<RankedTensorType>(after.getType());
    return b.create<SelectOp>(
        loc, broadcastScalar(b, loc, healthy, type.getShape()), after, before);
  }

  template <typename Range>
  void writePieces(Range names, Value before, Value after) {
    auto pieces = b.create<UnpackOp>(
        loc, before.getDefiningOp<PackOp>()->getOperandTypes(),
        guarded(before, after));
    for (auto [name, piece] : llvm::zip(names, pieces.getResults()))
      b.create<WriteOp>(loc, name, piece);
  }

  /// A scalar state c with c' = c + (1 - decay) (1 - c), so that
  /// c = 1 - decay^t after t steps; returns c'. Unlike decay c + (1 - decay)
  /// it tends to 1 whatever the rounding of the decay.
  Value correction(StringRef name, double decay) {
    auto type = tensorType({}, b.getF32Type());
    auto symbol = declare(prefix + name, type, Role::optimizer);
    Value before = b.create<ReadOp>(loc, type, symbol);
    Value left = sub(constant(before, 1), before);
    Value after = add(before, scale(left, 1 - decay));
    b.create<WriteOp>(loc, symbol, guarded(before, after));
    return after;
  }

  /// What an optimizer before this one in the entry writes to a state; that
  /// write goes, for this one's.
  Value takeEarlierWrite(FlatSymbolRefAttr symbol) {
    for (auto write : op->getBlock()->getOps<WriteOp>())
      if (write.getSymbolAttr() == symbol && write->isBeforeInBlock(op)) {
        Value value = write.getValue();
        write.erase();
        return value;
      }
    return {};
  }

  /// Latches the first step whose loss or gradients are not finite.
  void watch() {
    auto i32 = tensorType({}, b.getI32Type());
    auto symbol =
        symbols.lookup("status.diverged")
            ? FlatSymbolRefAttr::get(b.getContext(), "status.diverged")
            : declare("status.diverged", i32, Role::status);
    Value before = takeEarlierWrite(symbol);
    if (!before)
      before = b.create<ReadOp>(loc, i32, symbol);
    Value finite = b.create<IsFiniteOp>(
        loc, withElementType(gradient.getType(), b.getI1Type()), gradient);
    Value bad = b.create<SelectOp>(loc, finite, constant(gradient, 0),
                                   constant(gradient, 1));
    Value worst = b.create<ReduceMaxOp>(loc, bad, ArrayRef<int64_t>{0});
    Value gradientsFinite =
        b.create<CompareOp>(loc, Predicate::eq, worst, constant(worst, 0));
    Value lossFinite =
        b.create<IsFiniteOp>(loc, gradientsFinite.getType(), op.getLoss());
    Value fine = b.create<AndOp>(loc, lossFinite, gradientsFinite);
    Value never =
        b.create<CompareOp>(loc, Predicate::eq, before, constant(before, 0));
    Value step = b.create<ControlOp>(loc, i32, ControlWord::step);
    Value latched = b.create<SelectOp>(loc, never, step, before);
    Value after = b.create<SelectOp>(loc, fine, before, latched);
    b.create<WriteOp>(loc, symbol, after);
    healthy = b.create<AndOp>(loc, fine, never);
  }

  //===--------------------------------------------------------------------===//
  // Rules: each returns what is subtracted from the parameters, before the
  // schedule's factor
  //===--------------------------------------------------------------------===//

  static double number(FloatAttr value) { return value.getValueAsDouble(); }

  Value decayed(double weightDecay) {
    return weightDecay == 0 ? gradient
                            : add(gradient, scale(parameter, weightDecay));
  }

  Value sgd(SgdAttr rule) {
    Value g = decayed(number(rule.getWeightDecay()));
    double momentum = number(rule.getMomentum()),
           dampening = number(rule.getDampening());
    if (momentum == 0)
      return scale(g, number(rule.getLr()));
    auto [names, before] = slot("momentum_buffer");
    Value after = blend(momentum, before, 1 - dampening, g);
    if (dampening != 0) {
      // The first gradient is not dampened: it starts the buffer.
      auto i32 = tensorType({}, b.getI32Type());
      auto symbol = declare(prefix + "step", i32, Role::optimizer);
      Value taken = b.create<ReadOp>(loc, i32, symbol);
      b.create<WriteOp>(loc, symbol,
                        guarded(taken, add(taken, constant(taken, 1))));
      Value first =
          b.create<CompareOp>(loc, Predicate::eq, taken, constant(taken, 0));
      after = b.create<SelectOp>(loc, broadcastScalar(b, loc, first, shape()),
                                 g, after);
    }
    writePieces(names, before, after);
    return scale(rule.getNesterov() ? add(g, scale(after, momentum)) : after,
                 number(rule.getLr()));
  }

  Value adam(AdamAttr rule) {
    Value g = decayed(number(rule.getWeightDecay()));
    double beta1 = number(rule.getBeta1()), beta2 = number(rule.getBeta2());
    auto [firstNames, firstBefore] = slot("exp_avg");
    auto [secondNames, secondBefore] = slot("exp_avg_sq");
    Value correction1 = correction("bias_correction1", beta1),
          correction2 = correction("bias_correction2", beta2);
    Value first = blend(beta1, firstBefore, 1 - beta1, g);
    Value second = blend(beta2, secondBefore, 1 - beta2, mul(g, g));
    writePieces(firstNames, firstBefore, first);
    writePieces(secondNames, secondBefore, second);
    Value root =
        broadcastScalar(b, loc, b.create<SqrtOp>(loc, correction2), shape());
    Value denominator = div(b.create<SqrtOp>(loc, second), root);
    denominator =
        add(denominator, constant(denominator, number(rule.getEps())));
    Value rate = div(constant(correction1, number(rule.getLr())), correction1);
    return mul(broadcastScalar(b, loc, rate, shape()), div(first, denominator));
  }
};

struct ExpandOptimizersPass
    : descent::impl::ExpandOptimizersPassBase<ExpandOptimizersPass> {
  void runOnOperation() override {
    SmallVector<OptimizeOp> updates;
    getOperation().walk([&](OptimizeOp op) { updates.push_back(op); });
    for (OptimizeOp op : updates)
      Update(op).expand();
  }
};

} // namespace
