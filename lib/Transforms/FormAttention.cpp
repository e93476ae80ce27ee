// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention without its matrices: large products that only reductions read are
// computed where these read them; see Passes.td.

#include "KernelBlocks.h"
#include "KernelBuilder.h"
#include "KernelFusion.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace descent {
#define GEN_PASS_DEF_FORMATTENTIONPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

namespace {

/// Kernels in the order of their block.
using Kernels = llvm::SetVector<Operation *>;

/// Products that are not to be stored, the elementwise kernels that read them,
/// and the reductions that read either.
struct Matrices {
  Kernels products, elementwise, readers;

  bool isStored(Operation *kernel) const {
    return !products.contains(kernel) && !elementwise.contains(kernel);
  }
};

} // namespace

/// The operand of a kernel that is a result of `source`, seen through reshapes.
static OpOperand *findRead(KernelOp kernel, Operation *source) {
  for (OpOperand &operand : kernel->getOpOperands())
    if (lookThroughReshapes(operand.get()).getDefiningOp() == source)
      return &operand;
  return nullptr;
}

/// Finds what becomes of a product if it is not stored. False if something else
/// than kernels needs it, or a result that is computed from it.
static bool collect(KernelOp product, Matrices &found) {
  SmallVector<KernelOp> rest = {product};
  found.products.insert(product);
  while (!rest.empty()) {
    KernelOp kernel = rest.pop_back_val();
    for (OpOperand *use : usesThroughReshapes(kernel)) {
      auto reader = dyn_cast<KernelOp>(use->getOwner());
      if (!reader || reader->getBlock() != product->getBlock())
        return false;
      if (!reader.isElementwise())
        found.readers.insert(reader);
      else if (found.elementwise.insert(reader))
        rest.push_back(reader);
    }
  }
  return true;
}

/// The rows of a reduction that reads products: its leading parallel dimensions
/// as far as these depend on them. None where others follow that they depend
/// on.
static std::optional<ArrayRef<int64_t>> rowsOf(KernelOp reader,
                                               const Matrices &matrices) {
  ArrayRef<int64_t> parallel = reader.getParallel();
  llvm::SmallBitVector used(parallel.size());
  for (auto [i, input] : llvm::enumerate(reader.getInputs())) {
    Operation *source = lookThroughReshapes(input).getDefiningOp();
    if (!source || !matrices.products.contains(source))
      continue;
    for (unsigned dim = 0; dim < parallel.size(); ++dim)
      if (reader.getInputAccess(i).getMap().isFunctionOfDim(dim))
        used.set(dim);
  }
  unsigned count = used.find_last() + 1;
  // A dimension of extent 1 is seen by nobody.
  for (unsigned dim = 0; dim < count; ++dim)
    if (!used.test(dim) && parallel[dim] != 1)
      return std::nullopt;
  return parallel.take_front(count);
}

/// Whether products are those of an attention: a maximum is taken of them, and
/// exponentials. Other large products, as those of a convolution, cost more to
/// compute twice than to store.
static bool isAttention(const Matrices &matrices) {
  bool hasMaximum = false, hasExponential = false;
  for (const Kernels *kernels : {&matrices.elementwise, &matrices.readers})
    for (Operation *op : *kernels) {
      auto kernel = cast<KernelOp>(op);
      hasMaximum |=
          !kernel.isElementwise() && kernel.getCombiner(0) == Combiner::max;
      for (Block *block : {&kernel.getMapBlock(), &kernel.getFinishBlock()})
        hasExponential |= !block->getOps<ExpOp>().empty();
    }
  return hasMaximum && hasExponential;
}

/// If a kernel is a plain sum of products of two tensors that it reads without
/// guards, the numbers of its operands in the order of the factors.
static std::optional<std::pair<unsigned, unsigned>> factorsOf(KernelOp kernel) {
  if (kernel.isElementwise() || kernel->getNumResults() != 1 ||
      kernel.getCombiners().size() != 1 ||
      kernel.getCombiner(0) != Combiner::sum || kernel.getInputs().size() != 2)
    return std::nullopt;
  Block &map = kernel.getMapBlock(), &finish = kernel.getFinishBlock();
  auto product = dyn_cast<MulOp>(map.front());
  if (!product || product->getNextNode() != map.getTerminator() ||
      map.getTerminator()->getOperand(0) != product.getResult() ||
      finish.getNumArguments() != 1 || !llvm::hasSingleElement(finish))
    return std::nullopt;
  auto lhs = dyn_cast<BlockArgument>(product.getLhs()),
       rhs = dyn_cast<BlockArgument>(product.getRhs());
  if (!lhs || !rhs || lhs == rhs)
    return std::nullopt;
  for (unsigned i = 0; i < 2; ++i)
    if (isWhole(kernel.getInputAccess(i)) ||
        !kernel.getInputAccess(i).isUnguarded())
      return std::nullopt;
  return std::pair(lhs.getArgNumber(), rhs.getArgNumber());
}

/// The index that an operand of a map is read at, as one number, where the
/// kernel's dimensions are `dims` over `domain`.
static AffineExpr indexAt(KernelOp kernel, unsigned input,
                          ArrayRef<AffineExpr> dims, ArrayRef<int64_t> domain) {
  auto type = cast<RankedTensorType>(kernel.getInputs()[input].getType());
  AffineExpr index =
      joinIndices(kernel.getInputAccess(input).getMap().getResults(),
                  type.getShape(), kernel.getContext());
  return simplifyExpr(index.replaceDims(dims), domain);
}

/// The sum over columns of what `product` reads as input `factor` at `read`,
/// and the element of `output`, instead of `reader`; in `read` the columns are
/// the dimensions from `firstColumn` on.
static KernelOp buildSumOverColumns(KernelOp reader, KernelOp output,
                                    KernelOp product, unsigned factor,
                                    AffineExpr read, unsigned firstColumn) {
  MLIRContext *context = reader.getContext();
  KernelBuilder sum(reader.getLoc(), reader.getParallel(),
                    product.getReduction(), combinationsOf(reader));
  unsigned numRows = reader.getParallel().size(),
           numDims = sum.domain(true).size();
  auto own = dimExprs(numDims, context);
  ArrayRef<AffineExpr> rows(own.data(), numRows), columns = own;
  SmallVector<AffineExpr> dims(rows);
  dims.resize(firstColumn, getAffineConstantExpr(0, context));
  llvm::append_range(dims, columns.drop_front(numRows));
  auto readAt = [&](Value tensor, AffineExpr index) {
    auto shape = cast<RankedTensorType>(tensor.getType()).getShape();
    auto access = AccessAttr::get(
        context, AffineMap::get(numDims, 0, splitIndex(index, shape), context),
        IntegerSet(), TypedAttr());
    return sum.read(tensor, simplifyAccess(access, sum.domain(true)), true);
  };
  Value gradient = readAt(product.getInputs()[factor], read.replaceDims(dims)),
        value = readAt(output->getResult(0),
                       joinIndices(own, output.getParallel(), context));
  Value term = sum.mapBuilder().create<MulOp>(reader.getLoc(), gradient, value);
  SmallVector<Value> total = sum.combine(term, combiningLocation(reader));
  // Behind all that it reads, and before what reads it.
  OpBuilder builder(reader);
  return sum.build(builder, total, llvm::to_vector(reader->getResultTypes()));
}

/// The row sums of P and dP, elementwise, as those of O and dO: with
/// dP = dO V^T and O = P V, both are the sum over keys and columns of
/// P[t, s] dO[t, e] V[s, e]. Null where `reader` is not the former; else the
/// sum over columns, which needs no matrix.
static KernelOp sumOverColumns(KernelOp reader, const Matrices &matrices) {
  auto factors = factorsOf(reader);
  if (!factors)
    return {};
  auto [first, second] = *factors;
  for (auto [gradient, weights] :
       {std::pair(first, second), std::pair(second, first)}) {
    KernelOp product = kernelResult(reader.getInputs()[gradient]).kernel;
    auto inner = product && matrices.products.contains(product)
                     ? factorsOf(product)
                     : std::nullopt;
    if (!inner)
      continue;
    // The dimensions of all: rows, then keys, then columns.
    MLIRContext *context = reader.getContext();
    SmallVector<int64_t> domain = reader.getDomain();
    unsigned numRows = reader.getParallel().size(), numPoints = domain.size();
    llvm::append_range(domain, product.getReduction());
    auto dims = dimExprs(domain.size(), context);
    ArrayRef<AffineExpr> all = dims, columns = all.drop_front(numPoints);
    auto point =
        splitIndex(indexAt(reader, gradient, all.take_front(numPoints), domain),
                   product.getParallel());
    llvm::append_range(point, columns);
    AffineExpr weight =
        indexAt(reader, weights, all.take_front(numPoints), domain);
    Value weightsRead = lookThroughReshapes(reader.getInputs()[weights]);

    for (Operation *op : matrices.readers) {
      auto output = cast<KernelOp>(op);
      auto outer = factorsOf(output);
      if (!outer || output == reader ||
          output.getReduction() != reader.getReduction() ||
          output.getParallel().size() != numRows + columns.size() ||
          output.getParallel().take_front(numRows) != reader.getParallel() ||
          output.getParallel().drop_front(numRows) != product.getReduction())
        continue;
      SmallVector<AffineExpr> place(all.take_front(numRows));
      llvm::append_range(place, columns);
      llvm::append_range(place,
                         all.slice(numRows, reader.getReduction().size()));
      for (auto [p, v] : {std::pair(outer->first, outer->second),
                          std::pair(outer->second, outer->first)})
        for (auto [dO, other] : {std::pair(inner->first, inner->second),
                                 std::pair(inner->second, inner->first)}) {
          if (lookThroughReshapes(output.getInputs()[p]) != weightsRead ||
              lookThroughReshapes(output.getInputs()[v]) !=
                  lookThroughReshapes(product.getInputs()[other]) ||
              indexAt(output, p, place, domain) != weight ||
              indexAt(output, v, place, domain) !=
                  indexAt(product, other, point, domain))
            continue;
          AffineExpr read = indexAt(product, dO, point, domain);
          bool isOfRow = true;
          for (unsigned dim = numRows; dim < numPoints; ++dim)
            isOfRow &= !read.isFunctionOfDim(dim);
          if (!isOfRow)
            continue;
          return buildSumOverColumns(reader, output, product, dO, read,
                                     numPoints);
        }
    }
  }
  return {};
}

namespace {

/// Readers of the same products over the same rows, which are to be one kernel.
class ReaderGroup {
public:
  ReaderGroup(KernelOp reader, ArrayRef<int64_t> rows, const Matrices &matrices)
      : rows(rows), matrices(matrices) {
    members.push_back(reader);
  }

  /// Whether a reader that stands behind the members can join them, over as
  /// many rows: it reads of them what has one element a row, and nothing that
  /// lies between waits for a member.
  bool canAdd(KernelOp reader, ArrayRef<int64_t> otherRows) const {
    if (otherRows != ArrayRef(rows) || !sharesProduct(reader))
      return false;
    for (OpOperand &operand : reader->getOpOperands())
      if (contains(lookThroughReshapes(operand.get()).getDefiningOp()) &&
          (countRowElements(operand.get().getType(), rows) != 1 ||
           !readsOwnRow(reader, operand.getOperandNumber(), rows)))
        return false;
    // Operations between them that have to run behind a member.
    llvm::SmallPtrSet<Operation *, 16> late;
    for (auto it = members.front()->getIterator(),
              end = std::next(reader->getIterator());
         it != end; ++it) {
      if (contains(&*it))
        continue;
      bool isReader = &*it == reader;
      for (Value operand : it->getOperands()) {
        Operation *from = isReader
                              ? lookThroughReshapes(operand).getDefiningOp()
                              : operand.getDefiningOp();
        if (!from || !(late.contains(from) || (!isReader && contains(from))))
          continue;
        if (isReader)
          return false;
        late.insert(&*it);
      }
    }
    return true;
  }

  void add(KernelOp reader) { members.push_back(reader); }

  /// Makes reductions over the same dimensions one, so that they go through
  /// their loops together.
  void joinMembers() {
    for (size_t j = 1; j < members.size(); ++j)
      // Only neighbours, so that nothing stands between them.
      if (canJoinMembers(members[j - 1], members[j])) {
        members[j] = joinSiblings(members[j - 1], members[j]);
        members.erase(members.begin() + --j);
      }
  }

  void build() {
    SmallVector<Value> returned;
    SmallVector<Location> locations;
    llvm::SetVector<Value> inputs;
    Kernels products;
    for (KernelOp member : members) {
      locations.push_back(member.getLoc());
      for (Operation *product : matrices.products)
        if (findRead(member, product) && products.insert(product))
          locations.push_back(product->getLoc());
    }
    auto addInputs = [&](Operation *op) {
      for (Value operand : op->getOperands()) {
        Operation *source = lookThroughReshapes(operand).getDefiningOp();
        if (!source || (!contains(source) && !products.contains(source)))
          inputs.insert(operand);
      }
    };
    for (Operation *product : products)
      addInputs(product);
    for (KernelOp member : members) {
      addInputs(member);
      for (Value result : member->getResults())
        if (isNeededOutside(result))
          returned.push_back(result);
    }
    Operation *last = members.back();
    OpBuilder builder(last->getContext());
    builder.setInsertionPointAfter(last);
    Location loc = FusedLoc::get(last->getContext(), locations);
    auto group = builder.create<RowGroupOp>(
        loc, llvm::to_vector(ValueRange(returned).getTypes()), rows,
        inputs.getArrayRef());
    Block &body = group.getBody().emplaceBlock();
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
    builder.setInsertionPointToEnd(&body);
    for (Operation *product : products)
      builder.clone(*product, mapping);
    for (KernelOp member : members) {
      for (Value operand : member->getOperands())
        mapInside(operand, builder, mapping);
      builder.clone(*member, mapping);
    }
    builder.create<ReturnOp>(loc,
                             llvm::map_to_vector(returned, [&](Value value) {
                               return mapping.lookup(value);
                             }));
    for (auto [before, after] : llvm::zip(returned, group.getResults()))
      before.replaceAllUsesWith(after);
    for (KernelOp member : llvm::reverse(members))
      member.erase();
  }

private:
  SmallVector<KernelOp> members;
  SmallVector<int64_t> rows;
  const Matrices &matrices;

  bool contains(Operation *op) const { return llvm::is_contained(members, op); }

  bool sharesProduct(KernelOp reader) const {
    return llvm::any_of(matrices.products, [&](Operation *product) {
      return findRead(reader, product) && findRead(members.front(), product);
    });
  }

  static bool readsResult(KernelOp reader, KernelOp member) {
    return findRead(reader, member) != nullptr;
  }

  bool canJoinMembers(KernelOp first, KernelOp second) const {
    if (first.getParallel() != second.getParallel() ||
        first.getReduction() != second.getReduction() ||
        countColumns(first, rows) == 0 || readsResult(second, first))
      return false;
    // Both read a product at the same point.
    for (Operation *product : matrices.products) {
      OpOperand *a = findRead(first, product), *b = findRead(second, product);
      if (a && b &&
          first.getInputAccess(a->getOperandNumber()) !=
              second.getInputAccess(b->getOperandNumber()))
        return false;
    }
    return true;
  }

  bool isNeededOutside(Value value) const {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      return isa<ReshapeOp>(user) ? isNeededOutside(user->getResult(0))
                                  : !contains(user);
    });
  }

  Value mapInside(Value value, OpBuilder &builder, IRMapping &mapping) const {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    auto reshape = value.getDefiningOp<ReshapeOp>();
    mapInside(reshape.getOperand(), builder, mapping);
    return builder.clone(*reshape, mapping)->getResult(0);
  }
};

struct FormAttentionPass
    : descent::impl::FormAttentionPassBase<FormAttentionPass> {
  using FormAttentionPassBase::FormAttentionPassBase;

  void runOnOperation() override {
    for (Block *block : getKernelBlocks(getOperation())) {
      SmallVector<KernelOp> products;
      for (auto kernel : block->getOps<KernelOp>())
        if (isCandidate(kernel))
          products.push_back(kernel);
      // Of a product and one that reads it, the larger is not stored.
      llvm::stable_sort(products, [](KernelOp a, KernelOp b) {
        return countElements(a->getResult(0).getType()) >
               countElements(b->getResult(0).getType());
      });
      while (!products.empty()) {
        std::optional<Matrices> matrices = takeConnected(products);
        if (!matrices)
          continue;
        // Readers are about to be others.
        llvm::erase_if(products, [&](KernelOp product) {
          return matrices->readers.contains(product);
        });
        replace(*block, *matrices);
      }
    }
  }

  /// Whether a product is large enough, and its reduction short enough, that it
  /// is better computed than stored.
  bool isCandidate(KernelOp kernel) const {
    if (!canComputeInPlace(kernel) || kernel.getInputs().size() != 2 ||
        ShapedType::getNumElements(kernel.getReduction()) > maxInner)
      return false;
    // The elements of the factors that are read, of which a view has fewer.
    int64_t read = 0, elements = countElements(kernel->getResult(0).getType());
    SmallVector<int64_t> domain = kernel.getDomain();
    for (unsigned i = 0; i < 2; ++i) {
      int64_t distinct = 1;
      for (auto [dim, extent] : llvm::enumerate(domain))
        if (kernel.getInputAccess(i).getMap().isFunctionOfDim(dim))
          distinct *= extent;
      read += distinct;
    }
    return elements >= minElements &&
           static_cast<double>(elements) >= minRatio * read;
  }

  /// Adds a product to others. False, and nothing is to be done with them, if
  /// it has to be stored, or another because of it.
  static bool extend(Matrices &matrices, KernelOp product) {
    return !matrices.readers.contains(product) && collect(product, matrices) &&
           llvm::none_of(matrices.products, [&](Operation *other) {
             return matrices.readers.contains(other);
           });
  }

  /// Takes products that are connected by common readers from the front of the
  /// list. None if the first has to be stored.
  static std::optional<Matrices>
  takeConnected(SmallVectorImpl<KernelOp> &products) {
    Matrices matrices;
    KernelOp first = products.front();
    products.erase(products.begin());
    if (!extend(matrices, first))
      return std::nullopt;
    for (auto it = products.begin(); it != products.end();) {
      bool isConnected =
          llvm::any_of(usesThroughReshapes(*it), [&](OpOperand *use) {
            return matrices.readers.contains(use->getOwner()) ||
                   matrices.elementwise.contains(use->getOwner());
          });
      Matrices more = matrices;
      if (!isConnected || !extend(more, *it)) {
        ++it;
        continue;
      }
      matrices = std::move(more);
      products.erase(it);
      it = products.begin();
    }
    return isAttention(matrices) ? std::optional(std::move(matrices))
                                 : std::nullopt;
  }

  /// Builds the readers as they are when nothing of the matrices is stored;
  /// nothing if one of them cannot be.
  SmallVector<std::pair<KernelOp, KernelOp>>
  inlineElementwise(const Matrices &matrices) const {
    SmallVector<std::pair<KernelOp, KernelOp>> replaced;
    for (Operation *reader : matrices.readers) {
      KernelOp kernel = cast<KernelOp>(reader);
      bool isPossible = true;
      while (isPossible) {
        auto large = llvm::find_if(kernel->getOperands(), [&](Value operand) {
          Operation *source = lookThroughReshapes(operand).getDefiningOp();
          return source && matrices.elementwise.contains(source);
        });
        if (large == kernel->operand_end())
          break;
        KernelOp next = inlineProducer(kernel, kernelResult(*large).kernel);
        if (next && kernel != reader)
          kernel.erase();
        isPossible = bool(next);
        if (next)
          kernel = next;
      }
      if (kernel != reader)
        replaced.push_back({cast<KernelOp>(reader), kernel});
      if (isPossible && isReader(kernel, matrices))
        continue;
      for (auto [before, after] : replaced)
        after.erase();
      return {};
    }
    // Readers that stay as they are stand for themselves.
    for (Operation *reader : matrices.readers)
      if (llvm::none_of(replaced,
                        [&](auto &pair) { return pair.first == reader; }))
        replaced.push_back({cast<KernelOp>(reader), cast<KernelOp>(reader)});
    return replaced;
  }

  /// Whether a reduction and the products that it reads touch a tensor that may
  /// have to be cut into pieces; groups are not.
  static bool touchesTooMuch(KernelOp kernel, const Matrices &matrices) {
    auto isTooLarge = [&](Value value) {
      Operation *source = lookThroughReshapes(value).getDefiningOp();
      return (!source || matrices.isStored(source)) &&
             countElements(value.getType()) > (int64_t(128) << 20) / 4;
    };
    auto touches = [&](Operation *op) {
      return llvm::any_of(op->getOperands(), isTooLarge);
    };
    return touches(kernel) || llvm::any_of(kernel->getResults(), isTooLarge) ||
           llvm::any_of(matrices.products, touches);
  }

  /// Whether a reduction can be a part of a group that computes the products.
  bool isReader(KernelOp kernel, const Matrices &matrices) const {
    for (Operation *product : matrices.products) {
      unsigned reads = 0;
      for (OpOperand &operand : kernel->getOpOperands()) {
        if (lookThroughReshapes(operand.get()).getDefiningOp() != product)
          continue;
        unsigned number = operand.getOperandNumber();
        if (++reads > 1 || number >= kernel.getInputs().size() ||
            isWhole(kernel.getInputAccess(number)) ||
            !kernel.getInputAccess(number).isUnguarded())
          return false;
      }
    }
    std::optional<ArrayRef<int64_t>> rows = rowsOf(kernel, matrices);
    if (!rows || rows->empty() || touchesTooMuch(kernel, matrices))
      return false;
    // What has one element a row would be taken for a row's value.
    for (Operation *product : matrices.products)
      if (findRead(kernel, product) &&
          countRowElements(product->getResult(0).getType(), *rows) == 1)
        return false;
    // Columns have a register each, and there are no more points than rows
    // without them.
    if (countColumns(kernel, *rows) == 0)
      return fitsRows(kernel, *rows);
    return ShapedType::getNumElements(
               kernel.getParallel().drop_front(rows->size())) <= maxColumns;
  }

  void replace(Block &block, Matrices &matrices) {
    for (Operation *reader : llvm::to_vector(matrices.readers))
      if (KernelOp sum = sumOverColumns(cast<KernelOp>(reader), matrices)) {
        matrices.readers.remove(reader);
        reader->replaceAllUsesWith(sum);
        reader->erase();
      }
    auto replaced = inlineElementwise(matrices);
    if (replaced.empty())
      return;
    SmallVector<KernelOp> readers;
    for (auto [before, after] : replaced) {
      readers.push_back(after);
      if (before == after)
        continue;
      before->replaceAllUsesWith(after);
      before.erase();
    }
    llvm::sort(readers, [](KernelOp a, KernelOp b) {
      return a != b && a->isBeforeInBlock(b);
    });
    while (!readers.empty()) {
      KernelOp first = readers.front();
      ReaderGroup group(first, *rowsOf(first, matrices), matrices);
      readers.erase(readers.begin());
      for (auto it = readers.begin(); it != readers.end();) {
        if (!group.canAdd(*it, *rowsOf(*it, matrices))) {
          ++it;
          continue;
        }
        group.add(*it);
        it = readers.erase(it);
      }
      group.joinMembers();
      group.build();
      sortTopologically(&block);
      llvm::sort(readers, [](KernelOp a, KernelOp b) {
        return a != b && a->isBeforeInBlock(b);
      });
    }
    // Nothing reads the matrices any more, nor views of them.
    bool erased = true;
    while (erased) {
      erased = false;
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (op.use_empty() && (isa<ReshapeOp>(op) || !matrices.isStored(&op))) {
          op.erase();
          erased = true;
        }
    }
  }
};

} // namespace
