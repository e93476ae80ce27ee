// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a kernel reads and computes at one point of its register tile; see
// KernelEmitter.h.

#include "KernelEmitter.h"
#include "descent/Codegen/ScalarOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace descent::codegen {

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

TiledRead KernelEmitter::tileRead(const ElementRead &read) {
  TiledRead tiled;
  tiled.read = &read;
  if (read.whole || read.inner)
    return tiled;
  if (read.rowValue) {
    for (unsigned dim = 0; dim < space.numParallel; ++dim) {
      tiled.dims.push_back(dim);
      tiled.shape.push_back(positions[dim].size());
    }
    return tiled;
  }
  for (unsigned dim = 0; dim < space.extents.size(); ++dim) {
    bool used = read.index.isFunctionOfDim(dim);
    for (AffineExpr constraint : read.guard.constraints)
      used |= constraint.isFunctionOfDim(dim);
    if (!used)
      continue;
    tiled.dims.push_back(dim);
    tiled.shape.push_back(positions[dim].size());
  }
  SmallVector<AffineExpr> dims(space.extents.size(), number(0));
  forEachPosition(tiled.shape, [&](ArrayRef<int64_t> position) {
    for (auto [dim, i] : llvm::zip(tiled.dims, position))
      dims[dim] = positions[dim][i];
    TiledRead::Instance instance;
    Guard guard = substitute(read.guard, dims);
    IndexEmitter::Truth truth = indices.simplify(guard);
    if (truth != IndexEmitter::Truth::never) {
      instance.index = indices.simplify(read.index.replaceDims(dims));
      if (truth == IndexEmitter::Truth::sometimes)
        instance.guard = indices.emit(guard);
      bool guardVaries = llvm::any_of(
          guard.constraints, [&](AffineExpr e) { return indices.varies(e); });
      reader.announce(read.tensor, instance.index, instance.guard, guardVaries);
    }
    tiled.instances.push_back(instance);
  });
  return tiled;
}

void KernelEmitter::bindArguments(ArrayRef<BlockArgument> arguments,
                                  ArrayRef<TiledRead> reads,
                                  ArrayRef<int64_t> at,
                                  llvm::DenseMap<Value, Value> &known) {
  for (auto [argument, read] : llvm::zip_equal(arguments, reads))
    if (!read.read->whole)
      known[argument] = readAt(read, at);
}

SmallVector<TiledRead, 0>
KernelEmitter::tileReads(ArrayRef<ElementRead> reads) {
  SmallVector<TiledRead, 0> tiled;
  for (const ElementRead &read : reads)
    tiled.push_back(tileRead(read));
  return tiled;
}

Guard KernelEmitter::substitute(const Guard &guard, ArrayRef<AffineExpr> dims) {
  Guard replaced = guard;
  for (AffineExpr &constraint : replaced.constraints)
    constraint = constraint.replaceDims(dims);
  return replaced;
}

Value KernelEmitter::readAt(const TiledRead &tiled, ArrayRef<int64_t> at) {
  if (tiled.read->inner)
    return innerAt(*tiled.read->inner, at);
  int64_t linear = 0;
  for (auto [dim, extent] : llvm::zip(tiled.dims, tiled.shape))
    linear = linear * extent + at[dim];
  if (tiled.read->rowValue)
    return part.rowValues[*tiled.read->rowValue][linear];
  return readAt(tiled, tiled.instances[linear]);
}

Value KernelEmitter::readAt(const TiledRead &tiled,
                            const TiledRead::Instance &instance) {
  const ElementRead &read = *tiled.read;
  if (!instance.index)
    return reader.constant(read.fill);
  return reader.read(read.tensor, instance.index, instance.guard, read.fill);
}

void KernelEmitter::loadAll(const TiledRead &tiled) {
  if (tiled.read->rowValue || tiled.read->inner)
    return;
  for (const TiledRead::Instance &instance : tiled.instances)
    readAt(tiled, instance);
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

void KernelEmitter::evaluate(Block &block, ArrayRef<int64_t> at,
                             llvm::DenseMap<Value, Value> &known,
                             const llvm::SmallPtrSet<Operation *, 4> &skip) {
  SmallVector<AffineExpr> dims;
  for (Operation &op : block.without_terminator()) {
    if (skip.contains(&op)) {
      if (auto division = dyn_cast<DivOp>(op))
        known[division.getResult()] = known.lookup(division.getLhs());
      continue;
    }
    auto exprs = space.bodyExprs.find(&op);
    auto load = dyn_cast<LoadOp>(op);
    if (dims.empty() && (load || exprs != space.bodyExprs.end()))
      for (auto [dim, i] : llvm::enumerate(at))
        dims.push_back(positions[dim][i]);
    if (load) {
      known[load.getResult()] = this->load(load, dims, known);
      continue;
    }
    if (exprs != space.bodyExprs.end()) {
      known[op.getResult(0)] = affineValue(op, exprs->second, dims);
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(known.lookup(operand));
    known[op.getResult(0)] = scalar(op, operands);
  }
}

Value KernelEmitter::affineValue(Operation &op, const Guard &exprs,
                                 ArrayRef<AffineExpr> dims) {
  if (isa<IndexOp>(op))
    return asI32(
        indices.emit(indices.simplify(exprs.constraints[0].replaceDims(dims))));
  Guard guard = substitute(exprs, dims);
  IndexEmitter::Truth truth = indices.simplify(guard);
  if (truth == IndexEmitter::Truth::sometimes)
    return indices.emit(guard);
  return reader.constant(IntegerAttr::get(
      IntegerType::get(context, 1), truth == IndexEmitter::Truth::always));
}

Value KernelEmitter::asI32(Value index) {
  unsigned depth = nest.depthOf(index);
  return nest.note(nest.at(depth).create<arith::IndexCastOp>(
                       IntegerType::get(context, 32), index),
                   depth);
}

Value KernelEmitter::load(LoadOp op, ArrayRef<AffineExpr> dims,
                          const llvm::DenseMap<Value, Value> &known) {
  const ElementRead &read = space.getWhole(op);
  SmallVector<const void *> key = {&read};
  AffineExpr affine = number(0);
  SmallVector<Value> terms;
  int64_t stride = read.tensor.elements;
  for (auto [index, extent] : llvm::zip_equal(op.getIndices(), *read.whole)) {
    stride /= extent;
    if (std::optional<AffineExpr> expr = affineIndex(index, extent, dims)) {
      affine = affine + *expr * stride;
      key.push_back(nullptr);
      continue;
    }
    Value clamped = clampIndex(known.lookup(index), extent, stride);
    terms.push_back(clamped);
    key.push_back(clamped.getAsOpaquePointer());
  }
  affine = indices.simplify(affine);
  key.push_back(affine.getAsOpaquePointer());
  if (Value element = scalars.lookup(key))
    return element;
  if (terms.empty() || affine != number(0))
    terms.push_back(indices.emit(affine));
  Value position = terms.front();
  for (Value term : ArrayRef(terms).drop_front())
    position = note<arith::AddIOp>({position, term});
  Value element = reader.loadAt(read.tensor, position);
  scalars[ArrayRef<const void *>(key).copy(keys)] = element;
  return element;
}

std::optional<AffineExpr>
KernelEmitter::affineIndex(Value index, int64_t extent,
                           ArrayRef<AffineExpr> dims) {
  AffineExpr expr;
  APInt constant;
  if (auto exprs = space.bodyExprs.find(index.getDefiningOp());
      exprs != space.bodyExprs.end())
    expr = indices.simplify(exprs->second.constraints[0].replaceDims(dims));
  else if (matchPattern(index, m_ConstantInt(&constant)))
    expr = number(std::clamp<int64_t>(constant.getSExtValue(), 0, extent - 1));
  else
    return std::nullopt;
  Bounds range = indices.bounds(expr);
  if (range.low < 0 || range.high >= extent)
    return std::nullopt;
  return expr;
}

Value KernelEmitter::clampIndex(Value index, int64_t extent, int64_t stride) {
  Value &known = clampedIndices[{index, {extent, stride}}];
  if (known)
    return known;
  Builder b(context);
  auto constant = [&](int64_t value) {
    return reader.constant(b.getIndexAttr(value));
  };
  unsigned depth = nest.depthOf(index);
  Value position = nest.note(
      nest.at(depth).create<arith::IndexCastOp>(b.getIndexType(), index),
      depth);
  // Not by arith.maxsi: spirv-opt takes constants for numbers without a sign
  // when it folds that.
  auto bound = [&](arith::CmpIPredicate beyond, Value limit) {
    Value leaves = nest.note(
        nest.at(depth).create<arith::CmpIOp>(beyond, position, limit), depth);
    position = select(leaves, limit, position);
  };
  bound(arith::CmpIPredicate::slt, constant(0));
  bound(arith::CmpIPredicate::sgt, constant(extent - 1));
  if (stride != 1)
    position = note<arith::MulIOp>({position, constant(stride)});
  return known = position;
}

Value KernelEmitter::scalar(Operation &op, ArrayRef<Value> operands) {
  SmallVector<const void *> key = {&op};
  for (Value operand : operands)
    key.push_back(operand.getAsOpaquePointer());
  if (Value known = scalars.lookup(key))
    return known;
  unsigned depth = nest.depthOf(operands);
  Value value = nest.note(emitScalarOp(nest.at(depth), op, operands), depth);
  scalars[ArrayRef<const void *>(key).copy(keys)] = value;
  return value;
}

} // namespace descent::codegen
