// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counts a kernel's instructions under a strategy; see CostModel.h.

#include "descent/Codegen/CostModel.h"
#include "descent/Codegen/TensorAccess.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::codegen {

static int64_t product(ArrayRef<int64_t> numbers) {
  int64_t result = 1;
  for (int64_t number : numbers)
    result *= number;
  return result;
}

int64_t Choice::workgroupSize() const { return product(lanes); }
int64_t Choice::tileSize() const { return product(tile); }
int64_t Choice::steps() const { return product(tile) * product(unroll); }

//===----------------------------------------------------------------------===//
// Set-up
//===----------------------------------------------------------------------===//

CostModel::CostModel(const IterationSpace &space, const Profile &profile)
    : space(space), profile(profile) {
  for (const ElementRead &read : space.mapReads)
    mapReads.push_back(accessOf(read.tensor, read.index, read.guard));
  for (const ElementRead &read : space.finishReads)
    finishReads.push_back(accessOf(read.tensor, read.index, read.guard));
  for (const TensorRef &result : space.results)
    writes.push_back(accessOf(result, space.resultIndex, {}));
  DimSet all = (DimSet(1) << space.extents.size()) - 1,
         parallel = (DimSet(1) << space.numParallel) - 1;
  addWork(space.kernel.getMapBlock(), mapReads, 0, 0, mapWork);
  for (auto combiner : space.kernel.getCombiners().getAsRange<CombinerAttr>())
    mapWork.push_back({all, combiner.getValue() == Combiner::sum
                                ? profile.costs.fma
                                : 6 * profile.costs.integer});
  addWork(space.kernel.getFinishBlock(), finishReads,
          space.kernel.getNumCombined(), parallel, finishWork);
}

unsigned CostModel::compile(AffineExpr expr) {
  Linear linear;
  linear.coefficients.assign(space.extents.size(), 0);
  std::function<void(AffineExpr, int64_t)> add = [&](AffineExpr part,
                                                     int64_t scale) {
    if (auto number = dyn_cast<AffineConstantExpr>(part)) {
      linear.constant += scale * number.getValue();
    } else if (auto dim = dyn_cast<AffineDimExpr>(part)) {
      linear.coefficients[dim.getPosition()] += scale;
    } else {
      auto binary = cast<AffineBinaryOpExpr>(part);
      if (part.getKind() == AffineExprKind::Add) {
        add(binary.getLHS(), scale);
        add(binary.getRHS(), scale);
        return;
      }
      int64_t number = cast<AffineConstantExpr>(binary.getRHS()).getValue();
      if (part.getKind() == AffineExprKind::Mul)
        add(binary.getLHS(), scale * number);
      else
        linear.atoms.push_back({scale, compile(binary.getLHS()), number,
                                part.getKind() == AffineExprKind::Mod});
    }
  };
  add(expr, 1);
  pool.push_back(std::move(linear));
  return pool.size() - 1;
}

int64_t CostModel::evaluate(const Linear &linear,
                            ArrayRef<int64_t> dims) const {
  int64_t value = linear.constant;
  for (auto [coefficient, dim] : llvm::zip(linear.coefficients, dims))
    value += coefficient * dim;
  for (const Linear::Atom &atom : linear.atoms) {
    int64_t inner = evaluate(pool[atom.inner], dims),
            quotient = llvm::divideFloorSigned(inner, atom.divisor);
    value += atom.coefficient *
             (atom.isMod ? inner - quotient * atom.divisor : quotient);
  }
  return value;
}

CostModel::DimSet CostModel::dimsOf(AffineExpr expr) const {
  DimSet dims = 0;
  for (unsigned dim = 0; dim < space.extents.size(); ++dim)
    dims |= DimSet(expr.isFunctionOfDim(dim)) << dim;
  return dims;
}

CostModel::Access CostModel::accessOf(const TensorRef &tensor, AffineExpr index,
                                      const Guard &guard) {
  Access access;
  access.index = compile(index);
  access.dims = dimsOf(index);
  access.guardDims = 0;
  for (AffineExpr constraint : guard.constraints)
    access.guardDims |= dimsOf(constraint);
  access.guarded = !guard.empty();
  access.alignable = tensor.offset % 4 == 0 && tensor.elements % 4 == 0;
  return access;
}

/// The operations of a block with the dimensions that their values depend on.
void CostModel::addWork(Block &block, ArrayRef<Access> reads, unsigned skip,
                        DimSet combined, std::vector<Work> &work) {
  llvm::DenseMap<Value, DimSet> dims;
  for (BlockArgument argument : block.getArguments()) {
    unsigned number = argument.getArgNumber();
    dims[argument] = number < skip ? combined
                                   : reads[number - skip].dims |
                                         reads[number - skip].guardDims;
  }
  Operation *terminator = block.getTerminator();
  for (Operation &op : block.without_terminator()) {
    DimSet set = 0;
    for (Value operand : op.getOperands())
      set |= dims.lookup(operand);
    if (auto exprs = space.bodyExprs.find(&op); exprs != space.bodyExprs.end())
      for (AffineExpr expr : exprs->second.constraints)
        set |= dimsOf(expr);
    dims[op.getResult(0)] = set;
    double cost = profile.costs.fma;
    if (isa<ConstantOp>(op))
      cost = 0;
    else if (isa<ExpOp, LogOp, SqrtOp, SinOp, CosOp, TanhOp, SigmoidOp, DivOp>(
                 op))
      cost = profile.costs.special;
    else if (isa<PhiloxOp>(op))
      cost = 60 * profile.costs.integer;
    else if (isa<MulOp>(op) && skip == 0 && terminator->getNumOperands() == 1 &&
             terminator->getOperand(0) == op.getResult(0))
      cost = 0; // part of a multiply-add
    if (cost != 0)
      work.push_back({set, cost});
  }
}

//===----------------------------------------------------------------------===//
// Counting
//===----------------------------------------------------------------------===//

/// True if what groups, lanes and loop counters add to the index is a multiple
/// of four.
bool CostModel::aligned(const Linear &linear, const Choice &choice) const {
  for (const Linear::Atom &atom : linear.atoms)
    if (atom.coefficient % 4 != 0)
      return false;
  for (auto [dim, coefficient] : llvm::enumerate(linear.coefficients)) {
    if (dim >= space.numParallel) {
      unsigned r = dim - space.numParallel;
      if (choice.unroll[r] != space.extents[dim] &&
          coefficient * choice.unroll[r] % 4 != 0)
        return false;
      continue;
    }
    int64_t group = choice.lanes[dim] * choice.tile[dim];
    if (group < space.extents[dim] && coefficient * group % 4 != 0)
      return false;
    if ((choice.lanes[dim] > 1 || group > space.extents[dim]) &&
        coefficient * choice.run[dim] % 4 != 0)
      return false;
  }
  return true;
}

std::pair<int64_t, int64_t> CostModel::count(Access &access,
                                             const Choice &choice) {
  const Linear &linear = pool[access.index];
  bool vectors = access.alignable && aligned(linear, choice);
  SmallVector<int64_t, 8> key = {vectors};
  SmallVector<SmallVector<int64_t>> offsets;
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < space.extents.size(); ++dim) {
    if (!(access.dims >> dim & 1))
      continue;
    dims.push_back(dim);
    SmallVector<int64_t> &list = offsets.emplace_back();
    if (dim >= space.numParallel) {
      for (int64_t i = 0; i < choice.unroll[dim - space.numParallel]; ++i)
        list.push_back(i);
      key.append({int64_t(list.size()), 1});
      continue;
    }
    int64_t run = choice.run[dim], stride = choice.lanes[dim] * run;
    for (int64_t i = 0; i < choice.tile[dim]; ++i)
      list.push_back(i / run * stride + i % run);
    key.append({int64_t(list.size()), run == choice.tile[dim] ? 0 : stride});
  }
  auto [entry, isNew] = access.counts.try_emplace(key);
  if (!isNew)
    return entry->second;

  SmallVector<int64_t> position(dims.size(), 0), point(space.extents.size(), 0),
      addresses;
  while (true) {
    for (auto [i, dim] : llvm::enumerate(dims))
      point[dim] = offsets[i][position[i]];
    addresses.push_back(evaluate(linear, point));
    unsigned i = dims.size();
    while (i > 0 && ++position[i - 1] == int64_t(offsets[i - 1].size()))
      position[--i] = 0;
    if (i == 0)
      break;
  }
  llvm::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()),
                  addresses.end());
  int64_t scalars = addresses.size(), whole = 0;
  if (vectors)
    for (size_t first = 0; first < addresses.size();) {
      size_t last = first;
      while (last < addresses.size() &&
             addresses[last] >> 2 == addresses[first] >> 2)
        ++last;
      if (last - first >= kWorthVector) {
        ++whole;
        scalars -= last - first;
      }
      first = last;
    }
  return entry->second = {scalars, whole};
}

double CostModel::repetitions(DimSet dims, const Choice &choice) const {
  // Everything inside the deepest loop that the dimensions take part in is
  // repeated by all loops around it too.
  double result = 1, sofar = 1;
  for (unsigned r = 0; r < space.numReduction(); ++r) {
    sofar *= space.extents[space.numParallel + r] / choice.unroll[r];
    if (dims >> (space.numParallel + r) & 1 &&
        choice.unroll[r] != space.extents[space.numParallel + r])
      result = sofar;
  }
  return result;
}

double CostModel::instances(DimSet dims, const Choice &choice) const {
  double result = 1;
  for (unsigned dim = 0; dim < space.extents.size(); ++dim)
    if (dims >> dim & 1)
      result *= dim < space.numParallel
                    ? choice.tile[dim]
                    : choice.unroll[dim - space.numParallel];
  return result;
}

double CostModel::loadCost(Access &access, const Choice &choice,
                           DimSet laneDims) {
  const InstructionCosts &costs = profile.costs;
  auto [scalars, vectors] = count(access, choice);
  bool varying = access.dims & laneDims;
  double cost =
      scalars * (varying ? costs.varyingLoad : costs.uniformLoad) +
      vectors * (varying ? costs.varyingVectorLoad : costs.uniformVectorLoad) +
      (scalars + vectors) * costs.integer;
  // A guarded element takes a selection, and a share of comparisons and
  // clamping.
  if (access.guarded)
    cost += 3 * costs.integer * (scalars + 4 * vectors);
  return cost;
}

double CostModel::estimate(const Choice &choice) {
  const InstructionCosts &costs = profile.costs;
  DimSet laneDims = 0;
  double groups = 1;
  for (unsigned dim = 0; dim < space.numParallel; ++dim) {
    laneDims |= DimSet(choice.lanes[dim] > 1) << dim;
    groups *= llvm::divideCeil(space.extents[dim],
                               choice.lanes[dim] * choice.tile[dim]);
  }
  double subgroups =
      groups * llvm::divideCeil(choice.workgroupSize(), profile.subgroupSize);

  double cost = costs.start;
  DimSet all = (DimSet(1) << space.extents.size()) - 1;
  double trips = repetitions(all, choice);
  if (trips > 1) {
    // Sums that do not fit the registers are loaded and stored in every trip.
    int64_t values = choice.tileSize() * space.kernel.getNumCombined();
    cost += trips *
            (costs.loop +
             costs.spill * std::max<int64_t>(0, values - profile.registers));
  }
  for (Access &read : mapReads)
    cost += repetitions(read.dims | read.guardDims, choice) *
            loadCost(read, choice, laneDims);
  for (const Work &work : mapWork)
    cost += repetitions(work.dims, choice) * instances(work.dims, choice) *
            work.cost;
  for (Access &read : finishReads)
    cost += loadCost(read, choice, laneDims);
  for (const Work &work : finishWork)
    cost += instances(work.dims, choice) * work.cost;
  for (Access &write : writes) {
    auto [scalars, vectors] = count(write, choice);
    // A group of four is stored as a vector only if it is whole; three of four
    // do not occur in aligned tiles.
    cost += scalars * costs.store + vectors * costs.vectorStore;
  }
  return cost * std::max<double>(subgroups, profile.parallelSubgroups);
}

} // namespace descent::codegen
