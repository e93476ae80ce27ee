// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors that are too large for a binding in pieces; see Passes.td.

#include "KernelBuilder.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace descent {
#define GEN_PASS_DEF_SPLITTENSORSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

/// As in memory, where an i1 takes a word.
static int64_t countBytes(Type type) {
  unsigned bits = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  return countElements(type) * (bits == 1 ? 32 : bits) / 8;
}

namespace {

/// How a kernel is cut: along which dimension of its domain.
struct Cut {
  unsigned dim = 0;
  bool isReduction = false;
};

/// A read of a piece: the type that the piece is seen as, and the access.
struct PieceRead {
  RankedTensorType type;
  AccessAttr access;
};

/// Cuts all large values of a block into `count` pieces each.
class Splitter {
public:
  Splitter(Block &block, ArrayRef<Value> large, int64_t count)
      : block(block), large(large.begin(), large.end()), count(count),
        context(block.getParentOp()->getContext()) {}

  /// Whether every operation that touches a large value can be cut so that each
  /// part touches one piece. Nothing is changed.
  bool analyze();
  /// A value of more than `bytes` bytes, none of `except`, that is computed in
  /// pieces and put together again; null if there is none. After analyze().
  Value findJoined(int64_t bytes, const llvm::DenseSet<Value> &except);
  void apply();

private:
  bool isLarge(Value value) { return large.contains(lookThrough(value)); }
  static Value lookThrough(Value value);
  bool addUses(Value value);
  std::optional<Cut> chooseCut(KernelOp kernel);
  bool canCut(KernelOp kernel, Cut cut);
  SmallVector<int64_t> getPartDomain(KernelOp kernel, Cut cut) const;
  SmallVector<AffineExpr> getPartDims(KernelOp kernel, Cut cut, int64_t part);
  std::optional<PieceRead> localize(RankedTensorType type, AccessAttr access,
                                    ArrayRef<AffineExpr> dims,
                                    ArrayRef<int64_t> domain, int64_t part);
  Value readPart(KernelBuilder &builder, KernelOp kernel, Value value,
                 AccessAttr access, Cut cut, int64_t part, bool inMap);
  SmallVector<Value> combinePart(KernelBuilder &builder, KernelOp kernel,
                                 Cut cut, int64_t part);
  void splitRead(Operation *read);
  void splitParallel(KernelOp kernel, Cut cut);
  void splitReduction(KernelOp kernel, Cut cut);
  Value join(OpBuilder &builder, ArrayRef<Value> pieces, RankedTensorType type);
  RankedTensorType pieceType(RankedTensorType type) const;

  Block &block;
  llvm::SmallSetVector<Value, 8> large;
  int64_t count;
  MLIRContext *context;
  llvm::SetVector<Operation *> kernels;
  llvm::DenseMap<Operation *, Cut> cuts;
  llvm::DenseMap<Value, SmallVector<Value>> pieces;
};

} // namespace

Value Splitter::lookThrough(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getOperand();
  return value;
}

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

bool Splitter::addUses(Value value) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (isa<ReshapeOp>(user))
      return addUses(user->getResult(0));
    return isa<KernelOp>(user) && (kernels.insert(user), true);
  });
}

bool Splitter::analyze() {
  for (Value value : large) {
    int64_t elements = countElements(value.getType());
    if (elements % count != 0)
      return false;
    Operation *op = value.getDefiningOp();
    if (isa<KernelOp>(op))
      kernels.insert(op);
    else if (!isa<ReadOp>(op) || elements / count % 64 != 0)
      return false; // pieces of an arena begin at multiples of 64
    if (!addUses(value))
      return false;
  }
  for (Operation *op : kernels) {
    std::optional<Cut> cut = chooseCut(cast<KernelOp>(op));
    if (!cut)
      return false;
    cuts[op] = *cut;
  }
  return true;
}

Value Splitter::findJoined(int64_t bytes, const llvm::DenseSet<Value> &except) {
  for (Operation *op : kernels)
    for (Value result : op->getResults())
      if (!cuts.lookup(op).isReduction && !large.contains(result) &&
          countBytes(result.getType()) > bytes && !except.contains(result))
        return result;
  return {};
}

SmallVector<int64_t> Splitter::getPartDomain(KernelOp kernel, Cut cut) const {
  SmallVector<int64_t> domain = kernel.getDomain();
  domain[cut.dim] /= count;
  return domain;
}

SmallVector<AffineExpr> Splitter::getPartDims(KernelOp kernel, Cut cut,
                                              int64_t part) {
  SmallVector<AffineExpr> dims = dimExprs(kernel.getDomain().size(), context);
  dims[cut.dim] = dims[cut.dim] + part * (kernel.getDomain()[cut.dim] / count);
  return dims;
}

/// The access of a part to its own piece, or nothing if it reads others.
std::optional<PieceRead> Splitter::localize(RankedTensorType type,
                                            AccessAttr access,
                                            ArrayRef<AffineExpr> dims,
                                            ArrayRef<int64_t> domain,
                                            int64_t part) {
  if (isWhole(access))
    return std::nullopt;
  auto outer = AccessAttr::get(AffineMap::get(
      domain.size(), 0, dims.take_front(domain.size()), context));
  AccessAttr moved = *composeAccess(outer, access, domain);
  SmallVector<AffineExpr> indices(moved.getMap().getResults());
  auto within = [&](AffineExpr expr, int64_t extent) {
    Bounds bounds = boundsOf(expr, domain);
    return bounds.low >= 0 && bounds.high < extent;
  };
  auto build = [&](ArrayRef<int64_t> shape, ArrayRef<AffineExpr> at) {
    auto map = AffineMap::get(domain.size(), 0, at, context);
    return PieceRead{
        tensorType(shape, type.getElementType()),
        simplifyAccess(
            AccessAttr::get(context, map, moved.getGuard(), moved.getFill()),
            domain)};
  };
  // Along the leading index; a guard is about the others.
  if (type.getRank() > 0 && type.getDimSize(0) % count == 0) {
    SmallVector<int64_t> shape(type.getShape());
    shape[0] /= count;
    AffineExpr leading = simplifyExpr(indices[0] - part * shape[0], domain);
    if (within(leading, shape[0])) {
      indices[0] = leading;
      return build(shape, indices);
    }
  }
  // Along the row-major index.
  if (!moved.isUnguarded())
    return std::nullopt;
  int64_t length = type.getNumElements() / count;
  AffineExpr index = simplifyExpr(
      joinIndices(indices, type.getShape(), context) - part * length, domain);
  if (!within(index, length))
    return std::nullopt;
  return build({length}, {index});
}

bool Splitter::canCut(KernelOp kernel, Cut cut) {
  if (kernel.getDomain()[cut.dim] % count != 0)
    return false;
  SmallVector<int64_t> domain = getPartDomain(kernel, cut);
  for (int64_t part = 0; part < count; ++part) {
    SmallVector<AffineExpr> dims = getPartDims(kernel, cut, part);
    auto isLocal = [&](Value value, AccessAttr access,
                       ArrayRef<int64_t> domain) {
      return !isLarge(value) ||
             localize(cast<RankedTensorType>(value.getType()), access, dims,
                      domain, part);
    };
    for (auto [i, value] : llvm::enumerate(kernel.getInputs()))
      if (!isLocal(value, kernel.getInputAccess(i), domain))
        return false;
    for (auto [i, value] : llvm::enumerate(kernel.getFinishInputs()))
      if (cut.isReduction ? isLarge(value)
                          : !isLocal(value, kernel.getFinishAccess(i),
                                     ArrayRef(domain).take_front(
                                         kernel.getParallel().size())))
        return false;
  }
  return true;
}

/// The outermost reduction dimension, if no result is large and the parts'
/// results can be combined; else the outermost parallel one.
std::optional<Cut> Splitter::chooseCut(KernelOp kernel) {
  SmallVector<int64_t> domain = kernel.getDomain();
  unsigned numParallel = kernel.getParallel().size();
  auto outermost = [&](unsigned begin, unsigned end) {
    while (begin < end && domain[begin] == 1)
      ++begin;
    return begin;
  };
  bool isLargeResult = llvm::any_of(
      kernel->getResults(), [&](Value value) { return large.contains(value); });
  bool hasIndex =
      llvm::any_of(combinationsOf(kernel), [](const Combination &each) {
        return each.combiner == Combiner::max_index;
      });
  Cut reduction = {outermost(numParallel, domain.size()), true},
      parallel = {outermost(0, numParallel), false};
  if (!isLargeResult && !hasIndex && reduction.dim < domain.size() &&
      canCut(kernel, reduction))
    return reduction;
  if (parallel.dim < numParallel && canCut(kernel, parallel))
    return parallel;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// A piece in the shape of the whole, if its leading dimension can be cut.
RankedTensorType Splitter::pieceType(RankedTensorType type) const {
  SmallVector<int64_t> shape(type.getShape());
  if (shape.empty() || shape[0] % count != 0)
    shape = {type.getNumElements()};
  shape[0] /= count;
  return tensorType(shape, type.getElementType());
}

static Value viewAs(OpBuilder &builder, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return builder.create<ReshapeOp>(value.getLoc(), type, value);
}

Value Splitter::readPart(KernelBuilder &builder, KernelOp kernel, Value value,
                         AccessAttr access, Cut cut, int64_t part, bool inMap) {
  SmallVector<AffineExpr> dims = getPartDims(kernel, cut, part);
  ArrayRef<int64_t> domain = builder.domain(inMap);
  if (!isLarge(value)) {
    auto outer = AccessAttr::get(AffineMap::get(
        domain.size(), 0, ArrayRef(dims).take_front(domain.size()), context));
    return builder.read(value, *composeAccess(outer, access, domain), inMap);
  }
  PieceRead read = *localize(cast<RankedTensorType>(value.getType()), access,
                             dims, domain, part);
  OpBuilder before(kernel);
  return builder.read(
      viewAs(before, pieces.find(lookThrough(value))->second[part], read.type),
      read.access, inMap);
}

/// The map of a part; returns what it combines.
SmallVector<Value> Splitter::combinePart(KernelBuilder &builder,
                                         KernelOp kernel, Cut cut,
                                         int64_t part) {
  if (kernel.isElementwise())
    return {};
  IRMapping mapping;
  for (auto [i, value] : llvm::enumerate(kernel.getInputs()))
    mapping.map(kernel.getMapBlock().getArgument(i),
                readPart(builder, kernel, value, kernel.getInputAccess(i), cut,
                         part, /*inMap=*/true));
  SmallVector<Value> values =
      cloneScalars(kernel.getMapBlock(), builder.mapBuilder(), mapping,
                   getPartDims(kernel, cut, part), builder.domain(true));
  return builder.combine(values, combiningLocation(kernel));
}

void Splitter::splitRead(Operation *read) {
  OpBuilder builder(block.getParentOp()->getContext());
  builder.setInsertionPointAfter(read);
  Value whole = read->getResult(0);
  auto type = cast<RankedTensorType>(whole.getType());
  Value flat =
      viewAs(builder, whole,
             tensorType({type.getNumElements()}, type.getElementType()));
  SmallVector<Type> types(count, tensorType({type.getNumElements() / count},
                                            type.getElementType()));
  pieces[whole] = llvm::to_vector_of<Value>(
      builder.create<UnpackOp>(read->getLoc(), types, flat).getResults());
}

/// Puts the pieces into one tensor, one after the other, each over what the
/// pieces before have left: a kernel that read all of them would have more
/// bindings than there are.
Value Splitter::join(OpBuilder &builder, ArrayRef<Value> parts,
                     RankedTensorType type) {
  int64_t length = type.getNumElements() / count;
  AffineExpr index = getAffineDimExpr(0, context);
  RankedTensorType flat =
      tensorType({type.getNumElements()}, type.getElementType());
  Value result;
  for (auto [part, piece] : llvm::enumerate(parts)) {
    Location loc = piece.getLoc();
    KernelBuilder joined(loc, flat.getShape(), {}, {});
    OpBuilder &b = joined.finishBuilder();
    AffineExpr local = index - int64_t(part) * length;
    auto here = IntegerSet::get(1, 0, {local, -local + (length - 1)},
                                ArrayRef<bool>({false, false}));
    auto access = AccessAttr::get(context, AffineMap::get(1, 0, local), here,
                                  b.getZeroAttr(type.getElementType()));
    Value element = joined.read(
        viewAs(builder, piece, tensorType({length}, type.getElementType())),
        simplifyAccess(access, joined.domain(false)), /*map=*/false);
    if (result) {
      Value isHere =
          b.create<InBoundsOp>(loc, b.getI1Type(), IntegerSetAttr::get(here));
      Value before =
          joined.read(result, identityAccess(context, 1), /*map=*/false);
      element = b.create<SelectOp>(loc, isHere, element, before);
    }
    result = joined.build(builder, element, {flat})->getResult(0);
  }
  return viewAs(builder, result, type);
}

void Splitter::splitParallel(KernelOp kernel, Cut cut) {
  SmallVector<int64_t> domain = getPartDomain(kernel, cut);
  size_t numParallel = kernel.getParallel().size();
  OpBuilder builder(kernel);
  SmallVector<SmallVector<Value>> results(kernel->getNumResults());
  for (int64_t part = 0; part < count; ++part) {
    KernelBuilder built(
        kernel.getLoc(), ArrayRef(domain).take_front(numParallel),
        ArrayRef(domain).drop_front(numParallel), combinationsOf(kernel));
    SmallVector<Value> combined = combinePart(built, kernel, cut, part);
    IRMapping mapping;
    for (auto [i, value] : llvm::enumerate(combined))
      mapping.map(kernel.getFinishBlock().getArgument(i), value);
    for (auto [i, value] : llvm::enumerate(kernel.getFinishInputs()))
      mapping.map(
          kernel.getFinishBlock().getArgument(kernel.getNumCombined() + i),
          readPart(built, kernel, value, kernel.getFinishAccess(i), cut, part,
                   /*inMap=*/false));
    SmallVector<AffineExpr> dims = getPartDims(kernel, cut, part);
    SmallVector<Value> scalars = cloneScalars(
        kernel.getFinishBlock(), built.finishBuilder(), mapping,
        ArrayRef(dims).take_front(numParallel), built.domain(false));
    SmallVector<Type> types =
        llvm::map_to_vector(kernel->getResultTypes(), [&](Type type) -> Type {
          return pieceType(cast<RankedTensorType>(type));
        });
    KernelOp done = built.build(builder, scalars, types);
    for (auto [list, result] : llvm::zip(results, done->getResults()))
      list.push_back(result);
  }
  for (auto [whole, parts] : llvm::zip(kernel->getResults(), results)) {
    if (large.contains(whole))
      pieces[whole] = parts;
    else
      whole.replaceAllUsesWith(
          join(builder, parts, cast<RankedTensorType>(whole.getType())));
  }
}

/// Every part adds to what those before it have combined; the last one does the
/// finish.
void Splitter::splitReduction(KernelOp kernel, Cut cut) {
  SmallVector<int64_t> domain = getPartDomain(kernel, cut);
  size_t numParallel = kernel.getParallel().size();
  SmallVector<Combination> combinations = combinationsOf(kernel);
  SmallVector<Type> types =
      llvm::map_to_vector(combinations, [&](const Combination &each) -> Type {
        return tensorType(kernel.getParallel(), each.type);
      });
  OpBuilder builder(kernel);
  Location at = combiningLocation(kernel);
  KernelOp before;
  for (int64_t part = 0; part < count; ++part) {
    KernelBuilder built(kernel.getLoc(),
                        ArrayRef(domain).take_front(numParallel),
                        ArrayRef(domain).drop_front(numParallel), combinations);
    SmallVector<Value> values = combinePart(built, kernel, cut, part);
    OpBuilder &b = built.finishBuilder();
    AccessAttr own = simplifyAccess(identityAccess(context, numParallel),
                                    built.domain(false));
    if (before)
      for (auto [value, sofar, each] :
           llvm::zip(values, before->getResults(), combinations)) {
        Value other = built.read(sofar, own, /*map=*/false);
        value = each.combiner == Combiner::sum
                    ? b.create<AddOp>(at, each.type, ValueRange{other, value})
                          .getResult()
                : each.combiner == Combiner::product
                    ? b.create<MulOp>(at, other, value).getResult()
                    : b.create<MaximumOp>(at, other, value).getResult();
      }
    if (part + 1 < count) {
      before = built.build(builder, values, types);
      continue;
    }
    IRMapping mapping;
    for (auto [i, value] : llvm::enumerate(values))
      mapping.map(kernel.getFinishBlock().getArgument(i), value);
    for (auto [i, value] : llvm::enumerate(kernel.getFinishInputs()))
      mapping.map(
          kernel.getFinishBlock().getArgument(kernel.getNumCombined() + i),
          built.read(value, kernel.getFinishAccess(i), /*map=*/false));
    SmallVector<Value> scalars =
        cloneScalars(kernel.getFinishBlock(), b, mapping,
                     dimExprs(numParallel, context), built.domain(false));
    kernel->replaceAllUsesWith(built.build(
        builder, scalars, llvm::to_vector(kernel->getResultTypes())));
  }
}

void Splitter::apply() {
  for (Value value : large)
    if (Operation *op = value.getDefiningOp(); isa<ReadOp>(op))
      splitRead(op);
  SmallVector<Operation *> inOrder;
  for (Operation &op : block)
    if (kernels.contains(&op))
      inOrder.push_back(&op);
  for (Operation *op : inOrder) {
    Cut cut = cuts.lookup(op);
    if (cut.isReduction)
      splitReduction(cast<KernelOp>(op), cut);
    else
      splitParallel(cast<KernelOp>(op), cut);
  }
  // What is left is read by nothing, or only by what is left behind it.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    auto reshape = dyn_cast<ReshapeOp>(op);
    if (op.use_empty() &&
        (kernels.contains(&op) || (reshape && isLarge(reshape.getOperand()))))
      op.erase();
  }
}

namespace {

struct SplitTensorsPass
    : descent::impl::SplitTensorsPassBase<SplitTensorsPass> {
  using SplitTensorsPassBase::SplitTensorsPassBase;

  void runOnOperation() override {
    Block &block = getOperation().getBody().front();
    int64_t largest = 0;
    for (Operation &op : block)
      for (Value result : op.getResults())
        largest = std::max(largest, countBytes(result.getType()));
    if (largest <= maxBytes)
      return;
    SmallVector<Value> large;
    for (Operation &op : block)
      for (Value result : op.getResults())
        if (countBytes(result.getType()) > maxBytes && !isa<ReshapeOp>(op))
          large.push_back(result);
    // Several of them have to be reached by one binding.
    int64_t least =
        llvm::divideCeil(largest, std::max<int64_t>(maxBytes / 4, 1));
    for (int64_t count = least; count <= 4 * least; ++count)
      if (Splitter(block, large, count).analyze())
        return extend(block, large, count);
  }

  /// Cuts them, and what would be put together again at some expense.
  void extend(Block &block, SmallVector<Value> large, int64_t count) {
    llvm::DenseSet<Value> whole;
    for (;;) {
      Splitter splitter(block, large, count);
      splitter.analyze();
      Value joined = splitter.findJoined(maxBytes / 16, whole);
      if (!joined)
        return splitter.apply();
      large.push_back(joined);
      if (Splitter(block, large, count).analyze())
        continue;
      large.pop_back();
      whole.insert(joined);
    }
  }
};

} // namespace
