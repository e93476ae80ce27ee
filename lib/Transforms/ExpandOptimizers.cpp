// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizer rules as ordinary operations on arenas; see Passes.td.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include <deque>

namespace descent {
#define GEN_PASS_DEF_EXPANDOPTIMIZERSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

namespace {

/// Declares a state that starts as zero, before the entry of `op`.
FlatSymbolRefAttr declare(OptimizeOp op, const Twine &name, Type type,
                          Role role) {
  OpBuilder b(op->getParentOp());
  auto zero = b.getF64FloatAttr(0);
  auto init = InitAttr::get(b.getContext(), InitKind::constant, zero, zero);
  auto state =
      b.create<StateOp>(op.getLoc(), b.getStringAttr(name), TypeAttr::get(type),
                        RoleAttr::get(b.getContext(), role), init);
  return FlatSymbolRefAttr::get(state);
}

/// The expansion of one descent.optimize, at the builder's place.
class Update {
public:
  Update(OptimizeOp op, const OpBuilder &at, int64_t maxArena)
      : op(op), b(at), loc(op.getLoc()),
        module(op->getParentOfType<ModuleOp>()), symbols(module),
        prefix("optim." + std::to_string(op.getGroup()) + "."),
        groups(pack(maxArena)) {}

  /// The gradients of each group, and the loss.
  SmallVector<Value> getWatched() {
    SmallVector<Value> watched;
    for (const Group &group : groups)
      watched.push_back(group.gradient);
    watched.push_back(op.getLoss());
    return watched;
  }

  /// Steps if `isHealthy`, a scalar.
  void expand(Value isHealthy) {
    healthy = isHealthy;
    for (const Group &group : groups) {
      names = group.names;
      // Packed here, group by group, so that the planner puts the arenas of a
      // group, which one kernel reads, side by side.
      parameter = b.create<PackOp>(loc, group.parameters);
      gradient = group.gradient;
      Value step = TypeSwitch<Attribute, Value>(op.getRule())
                       .Case([&](SgdAttr rule) { return sgd(rule); })
                       .Case([&](AdamAttr rule) { return adam(rule); });
      Value rate = b.create<ControlOp>(loc, tensorType({}, b.getF32Type()),
                                       ControlWord::lr_scale);
      Value scaled =
          mul(step, broadcastScalar(b, loc, converted(rate), shape()));
      writePieces(names, parameter, sub(parameter, scaled));
    }
  }

private:
  /// Parameters of one element type, and an arena of their gradients.
  struct Group {
    SmallVector<FlatSymbolRefAttr> names;
    SmallVector<Value> parameters, gradients;
    Value gradient;
  };

  OptimizeOp op;
  OpBuilder b;
  Location loc;
  ModuleOp module;
  SymbolTable symbols;
  std::string prefix;
  /// Scalars that all groups share: f64 if there is such a parameter.
  Type scalarType = b.getF32Type();
  std::vector<Group> groups;
  /// Those of the group that is being expanded.
  SmallVector<FlatSymbolRefAttr> names;
  Value parameter, gradient;
  Value healthy; ///< i1 scalar: no step so far has diverged
  llvm::StringMap<Value> corrections;
  Value first;

  /// The bytes of an arena of values.
  static int64_t countBytes(ArrayRef<Value> values) {
    return PackOp::getOffsets(ValueRange(values).getTypes()).back() *
           getElementTypeOrSelf(values.front()).getIntOrFloatBitWidth() / 8;
  }

  /// A group of more than half more than `maxArena` bytes as several within
  /// that, where no parameter is larger by itself.
  static std::vector<Group> split(const Group &group, int64_t maxArena) {
    if (countBytes(group.parameters) <= maxArena + maxArena / 2)
      return {group};
    std::vector<Group> parts(1);
    for (unsigned i = 0; i < group.names.size(); ++i) {
      SmallVector<Value> grown = parts.back().parameters;
      grown.push_back(group.parameters[i]);
      if (grown.size() > 1 && countBytes(grown) > maxArena)
        parts.emplace_back();
      parts.back().names.push_back(group.names[i]);
      parts.back().parameters.push_back(group.parameters[i]);
      parts.back().gradients.push_back(group.gradients[i]);
    }
    return parts;
  }

  /// Parameters and gradients by element type.
  std::vector<Group> pack(int64_t maxArena) {
    llvm::MapVector<Type, Group> byType;
    for (auto [symbol, gradient] :
         llvm::zip(op.getParameters().getAsRange<FlatSymbolRefAttr>(),
                   op.getGradients())) {
      RankedTensorType type =
          symbols.lookup<StateOp>(symbol.getValue()).getType();
      Group &group = byType[type.getElementType()];
      group.names.push_back(symbol);
      group.parameters.push_back(b.create<ReadOp>(loc, type, symbol));
      group.gradients.push_back(gradient);
      if (type.getElementType().isF64())
        scalarType = b.getF64Type();
    }
    std::vector<Group> packed;
    for (auto &[type, group] : byType)
      llvm::append_range(packed, split(group, maxArena));
    for (Group &group : packed)
      group.gradient = b.create<PackOp>(loc, group.gradients);
    return packed;
  }

  /// A scalar as one of the group's element type.
  Value converted(Value scalar) {
    return b.createOrFold<CastOp>(
        loc, tensorType({}, getElementTypeOrSelf(parameter)), scalar);
  }

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

  /// The arena of one slot: a state for every parameter.
  std::pair<SmallVector<FlatSymbolRefAttr>, Value> slot(StringRef name) {
    SmallVector<FlatSymbolRefAttr> slots;
    SmallVector<Value> values;
    for (FlatSymbolRefAttr symbol : names) {
      Type type = symbols.lookup<StateOp>(symbol.getValue()).getType();
      slots.push_back(declare(op, prefix + name + "." + symbol.getValue(), type,
                              Role::optimizer));
      values.push_back(b.create<ReadOp>(loc, type, slots.back()));
    }
    return {slots, b.create<PackOp>(loc, values)};
  }

  Value guarded(Value before, Value after) {
    auto type = cast<RankedTensorType>(after.getType());
    return b.create<SelectOp>(
        loc, broadcastScalar(b, loc, healthy, type.getShape()), after, before);
  }

  void writePieces(ArrayRef<FlatSymbolRefAttr> symbols, Value before,
                   Value after) {
    auto pieces = b.create<UnpackOp>(
        loc, before.getDefiningOp<PackOp>()->getOperandTypes(),
        guarded(before, after));
    for (auto [name, piece] : llvm::zip(symbols, pieces.getResults()))
      b.create<WriteOp>(loc, name, piece);
  }

  /// A scalar state c with c' = c + (1 - decay) (1 - c), so that
  /// c = 1 - decay^t after t steps; returns c'. Unlike decay c + (1 - decay)
  /// it tends to 1 whatever the rounding of the decay.
  Value correction(StringRef name, double decay) {
    Value &known = corrections[name];
    if (known)
      return converted(known);
    auto type = tensorType({}, scalarType);
    auto symbol = declare(op, prefix + name, type, Role::optimizer);
    Value before = b.create<ReadOp>(loc, type, symbol);
    Value left = sub(constant(before, 1), before);
    Value after = add(before, scale(left, 1 - decay));
    b.create<WriteOp>(loc, symbol, guarded(before, after));
    known = after;
    return converted(known);
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

  /// Whether this is the optimizer's first step.
  Value isFirst() {
    if (first)
      return first;
    auto i32 = tensorType({}, b.getI32Type());
    auto symbol = declare(op, prefix + "step", i32, Role::optimizer);
    Value taken = b.create<ReadOp>(loc, i32, symbol);
    b.create<WriteOp>(loc, symbol,
                      guarded(taken, add(taken, constant(taken, 1))));
    return first = b.create<CompareOp>(loc, Predicate::eq, taken,
                                       constant(taken, 0));
  }

  Value sgd(SgdAttr rule) {
    Value g = decayed(number(rule.getWeightDecay()));
    double momentum = number(rule.getMomentum()),
           dampening = number(rule.getDampening());
    if (momentum == 0)
      return scale(g, number(rule.getLr()));
    auto [slots, before] = slot("momentum_buffer");
    Value after = blend(momentum, before, 1 - dampening, g);
    if (dampening != 0) {
      // The first gradient is not dampened: it starts the buffer.
      after = b.create<SelectOp>(
          loc, broadcastScalar(b, loc, isFirst(), shape()), g, after);
    }
    writePieces(slots, before, after);
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

/// Whether all elements are finite, as a scalar.
Value areFinite(OpBuilder &b, Location loc, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value finite =
      b.create<IsFiniteOp>(loc, withElementType(type, b.getI1Type()), tensor);
  if (type.getRank() == 0)
    return finite;
  Value zeros = constantLike(b, loc, type, 0),
        ones = constantLike(b, loc, type, 1);
  Value bad = b.create<SelectOp>(loc, finite, zeros, ones);
  Value worst = b.create<ReduceMaxOp>(loc, bad, ArrayRef<int64_t>{0});
  return b.create<CompareOp>(loc, Predicate::eq, worst,
                             constantLike(b, loc, worst.getType(), 0));
}

/// Latches the first step of an entry of which not all of `watched` is finite.
/// Returns whether there was none so far.
Value watch(OpBuilder &b, OptimizeOp op, ArrayRef<Value> watched) {
  Location loc = op.getLoc();
  auto i32 = tensorType({}, b.getI32Type());
  auto symbol = FlatSymbolRefAttr::get(b.getContext(), "status.diverged");
  if (!SymbolTable::lookupNearestSymbolFrom(op->getParentOp(), symbol))
    symbol = declare(op, symbol.getValue(), i32, Role::status);
  Value before = b.create<ReadOp>(loc, i32, symbol), fine;
  for (Value tensor : watched) {
    Value finite = areFinite(b, loc, tensor);
    fine = fine ? b.create<AndOp>(loc, fine, finite) : finite;
  }
  Value never = b.create<CompareOp>(loc, Predicate::eq, before,
                                    constantLike(b, loc, before.getType(), 0));
  Value step = b.create<ControlOp>(loc, i32, ControlWord::step);
  Value latched = b.create<SelectOp>(loc, never, step, before);
  Value after = b.create<SelectOp>(loc, fine, before, latched);
  b.create<WriteOp>(loc, symbol, after);
  return b.create<AndOp>(loc, fine, never);
}

/// The optimizers of one entry step together or not at all: so all of them
/// step at the place of the last, where every gradient is known.
void expandTogether(ArrayRef<OptimizeOp> ops, int64_t maxArena) {
  OpBuilder b(ops.back());
  std::deque<Update> updates;
  llvm::SmallSetVector<Value, 8> watched; // losses are often the same
  for (OptimizeOp op : ops)
    for (Value value : updates.emplace_back(op, b, maxArena).getWatched())
      watched.insert(value);
  Value healthy = watch(b, ops.back(), watched.getArrayRef());
  for (Update &update : updates)
    update.expand(healthy);
  for (OptimizeOp op : ops)
    op.erase();
}

struct ExpandOptimizersPass
    : descent::impl::ExpandOptimizersPassBase<ExpandOptimizersPass> {
  using ExpandOptimizersPassBase::ExpandOptimizersPassBase;
  void runOnOperation() override {
    for (auto entry : llvm::to_vector(getOperation().getOps<EntryOp>())) {
      auto ops = llvm::to_vector(entry.getBody().getOps<OptimizeOp>());
      if (!ops.empty())
        expandTogether(ops, maxArena);
    }
  }
};

} // namespace
