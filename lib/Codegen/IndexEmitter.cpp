// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Affine expressions to arithmetic; see IndexEmitter.h.

#include "descent/Codegen/IndexEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::codegen {

//===----------------------------------------------------------------------===//
// LoopNest
//===----------------------------------------------------------------------===//

scf::ForOp LoopNest::enter(int64_t trips, ValueRange initial) {
  ImplicitLocOpBuilder &outer = builders.back();
  ImplicitLocOpBuilder &top = builders.front();
  Value first = top.create<arith::ConstantIndexOp>(0);
  Value last = top.create<arith::ConstantIndexOp>(trips);
  Value step = top.create<arith::ConstantIndexOp>(1);
  auto loop = outer.create<scf::ForOp>(first, last, step, initial);
  // What is computed later at an outer depth has to come before this loop.
  outer.setInsertionPoint(loop);
  loops.push_back(loop);
  Block *body = loop.getBody();
  if (initial.empty())
    body->getTerminator()->erase();
  builders.push_back(ImplicitLocOpBuilder::atBlockEnd(loop.getLoc(), body));
  for (BlockArgument argument : body->getArguments())
    note(argument, depth());
  return loop;
}

void LoopNest::leave(ValueRange values) {
  builders.back().create<scf::YieldOp>(values);
  builders.pop_back();
  scf::ForOp loop = loops.pop_back_val();
  builders.back().setInsertionPointAfter(loop);
  for (Value result : loop.getResults())
    note(result, depth());
}

unsigned LoopNest::depthOf(ValueRange values) const {
  unsigned depth = 0;
  for (Value value : values)
    depth = std::max(depth, depthOf(value));
  return depth;
}

Value LoopNest::note(Value value, unsigned depth) {
  if (depth != 0)
    depths[value] = depth;
  return value;
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

AffineExpr IndexEmitter::addVariable(int64_t extent, Value value, bool varies) {
  extents.push_back(extent);
  variables.push_back(value);
  varying.push_back(varies);
  return getAffineDimExpr(variables.size() - 1, value.getContext());
}

bool IndexEmitter::varies(AffineExpr expr) const {
  bool result = false;
  expr.walk([&](AffineExpr part) {
    if (auto dim = dyn_cast<AffineDimExpr>(part))
      result |= varying[dim.getPosition()];
  });
  return result;
}

Value IndexEmitter::constant(int64_t value) {
  Value &known = values[getAffineConstantExpr(value, nest.at(0).getContext())];
  if (!known)
    known = nest.at(0).create<arith::ConstantIndexOp>(value);
  return known;
}

template <typename OpTy> Value IndexEmitter::create(Value lhs, Value rhs) {
  unsigned depth = nest.depthOf({lhs, rhs});
  return nest.note(nest.at(depth).create<OpTy>(lhs, rhs), depth);
}

unsigned IndexEmitter::depthOf(AffineExpr expr) const {
  unsigned depth = 0;
  expr.walk([&](AffineExpr part) {
    if (auto dim = dyn_cast<AffineDimExpr>(part))
      depth = std::max(depth, nest.depthOf(variables[dim.getPosition()]));
  });
  return depth;
}

Value IndexEmitter::emit(AffineExpr expr) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return constant(number.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return variables[dim.getPosition()];
  if (Value known = values.lookup(expr))
    return known;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value value;
  if (expr.getKind() == AffineExprKind::Add) {
    value = emitSum(expr);
  } else if (expr.getKind() == AffineExprKind::Mul) {
    Value lhs = emit(binary.getLHS());
    value = create<arith::MulIOp>(lhs, emit(binary.getRHS()));
  } else {
    value = emitDivision(binary);
  }
  values[expr] = value;
  return value;
}

/// Adds the terms from the outermost depth inwards and the constant last, so
/// that what does not change in a loop is summed before it and neighbouring
/// elements share all but the last addition.
Value IndexEmitter::emitSum(AffineExpr expr) {
  SmallVector<std::pair<unsigned, AffineExpr>> terms;
  SmallVector<AffineExpr> stack = {expr};
  while (!stack.empty()) {
    AffineExpr part = stack.pop_back_val();
    if (part.getKind() == AffineExprKind::Add) {
      auto sum = cast<AffineBinaryOpExpr>(part);
      stack.append({sum.getRHS(), sum.getLHS()});
      continue;
    }
    bool last = isa<AffineConstantExpr>(part);
    terms.push_back({last ? ~0u : depthOf(part), part});
  }
  llvm::stable_sort(
      terms, [](const auto &a, const auto &b) { return a.first < b.first; });
  AffineExpr prefix = terms.front().second;
  Value value = emit(prefix);
  for (auto [depth, term] : llvm::drop_begin(terms)) {
    prefix = prefix + term;
    Value known = values.lookup(prefix);
    if (!known) {
      known = create<arith::AddIOp>(value, emit(term));
      values[prefix] = known;
    }
    value = known;
  }
  return value;
}

/// Divides and takes remainders unsigned, after adding a multiple of the
/// divisor that makes the dividend positive.
Value IndexEmitter::emitDivision(AffineBinaryOpExpr expr) {
  int64_t divisor = cast<AffineConstantExpr>(expr.getRHS()).getValue();
  Bounds range = bounds(expr.getLHS());
  int64_t shift =
      range.low < 0 ? -llvm::divideFloorSigned(range.low, divisor) : 0;
  Value dividend = emit(simplify(expr.getLHS() + shift * divisor));
  if (expr.getKind() == AffineExprKind::Mod)
    return create<arith::RemUIOp>(dividend, constant(divisor));
  Value quotient = create<arith::DivUIOp>(dividend, constant(divisor));
  return shift == 0 ? quotient
                    : create<arith::SubIOp>(quotient, constant(shift));
}

Value IndexEmitter::emitClamped(AffineExpr expr, int64_t size) {
  Bounds range = bounds(expr);
  if (range.low >= 0 && range.high < size)
    return emit(expr);
  Value &value = clamped[{expr, size}];
  if (!value) {
    value = emit(expr);
    if (range.low < 0)
      value = create<arith::MaxSIOp>(value, constant(0));
    if (range.high >= size)
      value = create<arith::MinSIOp>(value, constant(size - 1));
  }
  return value;
}

Value IndexEmitter::addConstant(Value value, int64_t number) {
  Value &known = offsets[{value, number}];
  if (!known)
    known = create<arith::AddIOp>(value, constant(number));
  return known;
}

/// How far a tensor's start is behind that of its binding, in units of `width`
/// elements, in a loop whose iterations move it.
Value IndexEmitter::emitStart(const TensorRef &tensor, int64_t width) {
  Value &known = starts[{tensor.offset / width,
                         {tensor.stride / width, tensor.alternating}}];
  if (known)
    return known;
  if (!iteration)
    iteration = nest.note(nest.at(0).create<gpu::BlockIdOp>(gpu::Dimension::z),
                          /*depth=*/0);
  Value steps = iteration;
  if (tensor.alternating)
    steps = create<arith::AndIOp>(steps, constant(1));
  known = create<arith::MulIOp>(steps, constant(tensor.stride / width));
  if (tensor.offset != 0)
    known = create<arith::AddIOp>(known, constant(tensor.offset / width));
  return known;
}

Value IndexEmitter::locate(Value index, const TensorRef &tensor,
                           int64_t width) {
  if (tensor.stride != 0)
    return create<arith::AddIOp>(index, emitStart(tensor, width));
  return tensor.offset == 0 ? index : addConstant(index, tensor.offset / width);
}

//===----------------------------------------------------------------------===//
// Guards
//===----------------------------------------------------------------------===//

IndexEmitter::Truth IndexEmitter::simplify(Guard &guard) const {
  Guard rest;
  for (auto [constraint, equality] :
       llvm::zip(guard.constraints, guard.equalities)) {
    AffineExpr expr = simplify(constraint);
    Bounds range = bounds(expr);
    if (range.high < 0 || (equality && range.low > 0))
      return Truth::never;
    if (equality ? (range.low == 0 && range.high == 0) : range.low >= 0)
      continue;
    rest.constraints.push_back(expr);
    rest.equalities.push_back(equality);
  }
  guard = rest;
  return guard.empty() ? Truth::always : Truth::sometimes;
}

Value IndexEmitter::compare(AffineExpr expr, arith::CmpIPredicate predicate,
                            int64_t limit) {
  // Compare the expression without its constant, which neighbours then share.
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
      sum && expr.getKind() == AffineExprKind::Add &&
      predicate != arith::CmpIPredicate::ule)
    if (auto number = dyn_cast<AffineConstantExpr>(sum.getRHS())) {
      expr = sum.getLHS();
      limit -= number.getValue();
    }
  auto key = std::make_pair(expr, std::make_pair(limit, unsigned(predicate)));
  if (Value known = comparisons.lookup(key))
    return known;
  Value lhs = emit(expr), rhs = constant(limit);
  unsigned depth = nest.depthOf(lhs);
  Value value = nest.note(
      nest.at(depth).create<arith::CmpIOp>(predicate, lhs, rhs), depth);
  comparisons[key] = value;
  return value;
}

Value IndexEmitter::conjunction(Value a, Value b) {
  if (!a || !b || a == b)
    return a ? a : b;
  Value known = conjunctions.lookup({a, b});
  if (!known) {
    known = create<arith::AndIOp>(a, b);
    conjunctions[{a, b}] = known;
  }
  return known;
}

Value IndexEmitter::emit(const Guard &guard) {
  Value result;
  SmallVector<bool> done(guard.constraints.size(), false);
  for (auto [i, expr] : llvm::enumerate(guard.constraints)) {
    if (done[i])
      continue;
    if (guard.equalities[i]) {
      result = conjunction(result, compare(expr, arith::CmpIPredicate::eq, 0));
      continue;
    }
    // e >= 0 and h - e >= 0 are one unsigned comparison.
    Value condition;
    for (unsigned j = i + 1; j < done.size() && !condition; ++j) {
      if (done[j] || guard.equalities[j])
        continue;
      if (auto sum = dyn_cast<AffineConstantExpr>(
              simplify(expr + guard.constraints[j]));
          sum && sum.getValue() >= 0) {
        // The one of the two whose terms have positive signs is likelier to be
        // known already.
        condition = compare(expr, arith::CmpIPredicate::ule, sum.getValue());
        done[j] = true;
      }
    }
    if (!condition)
      condition = compare(expr, arith::CmpIPredicate::sge, 0);
    result = conjunction(result, condition);
  }
  return result;
}

} // namespace descent::codegen
