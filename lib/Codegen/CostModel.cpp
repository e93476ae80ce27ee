// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counts a kernel's instructions under a strategy; see CostModel.h.

#include "descent/Codegen/CostModel.h"
#include "OnlineSoftmax.h"
#include "descent/Codegen/ElementTypes.h"
#include "descent/Codegen/EmitKernel.h"
#include "descent/Codegen/TensorAccess.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent::codegen {

int64_t Choice::workgroupSize() const {
  return ShapedType::getNumElements(lanes);
}
int64_t Choice::tileSize() const { return ShapedType::getNumElements(tile); }
int64_t Choice::steps() const {
  return ShapedType::getNumElements(tile) * ShapedType::getNumElements(unroll);
}

//===----------------------------------------------------------------------===//
// Set-up
//===----------------------------------------------------------------------===//

CostModel::CostModel(const IterationSpace &space, const Profile &profile,
                     bool isPart)
    : space(space), profile(profile) {
  if (!isPart)
    scattered = ScatteredSum::find(space);
  auto addAccess = [&](const ElementRead &read, std::vector<Access> &reads) {
    reads.push_back(accessOf(read.tensor, read.index, read.guard));
    reads.back().isWhole = read.whole || read.rowValue || read.inner;
    if (read.rowValue)
      reads.back().dims = (DimSet(1) << space.numParallel) - 1;
    if (read.inner)
      for (unsigned dim = 0; dim < space.extents.size(); ++dim)
        if (space.dependsOn(space.inner[*read.inner], dim))
          reads.back().dims |= DimSet(1) << dim;
  };
  for (const ElementRead &read : space.mapReads)
    addAccess(read, mapReads);
  for (const ElementRead &read : space.finishReads)
    addAccess(read, finishReads);
  for (const TensorRef &result : space.results)
    writes.push_back(accessOf(result, space.resultIndex, {}));
  for (const InnerSum &sum : space.inner)
    addInner(sum);
  unsigned firstUnrolled = space.firstUnrolled();
  DimSet columns = ((DimSet(1) << space.numColumns) - 1) << firstUnrolled;
  DimSet all = ((DimSet(1) << firstUnrolled) - 1) | columns;
  DimSet parallel = ((DimSet(1) << space.numParallel) - 1) | columns;
  addWork(space.kernel.getMapBlock(), mapReads, 0, 0, mapWork);
  for (auto combiner : space.kernel.getCombiners().getAsRange<CombinerAttr>()) {
    Instructions each;
    each.arithmetic = 1;
    // Comparison, a test for NaN in integers, and selections.
    if (combiner.getValue() != Combiner::sum)
      each.integer = combiner.getValue() == Combiner::max ? 5 : 8;
    mapWork.push_back({all, each});
  }
  addWork(space.kernel.getFinishBlock(), finishReads,
          space.kernel.getNumCombined(), parallel, finishWork);
}

void CostModel::addInner(const InnerSum &sum) {
  DimSet point = 0, steps = 0;
  for (unsigned dim = 0; dim < space.extents.size(); ++dim)
    point |= DimSet(space.dependsOn(sum, dim)) << dim;
  for (unsigned i = 0; i < sum.count; ++i)
    steps |= DimSet(1) << (space.firstDimOf(sum) + i);
  std::vector<Access> mapReads, finishReads;
  for (const ElementRead &read : sum.mapReads)
    mapReads.push_back(accessOf(read.tensor, read.index, read.guard));
  for (const ElementRead &read : sum.finishReads)
    finishReads.push_back(accessOf(read.tensor, read.index, read.guard));
  addWork(sum.kernel.getMapBlock(), mapReads, 0, 0, mapWork);
  mapWork.push_back({point | steps, {.arithmetic = 1}});
  addWork(sum.kernel.getFinishBlock(), finishReads, 1, point, mapWork);
  llvm::append_range(innerReads, mapReads);
  llvm::append_range(innerReads, finishReads);
}

unsigned CostModel::compile(AffineExpr affine) {
  Expr expr;
  expr.coefficients.assign(space.extents.size(), 0);
  std::function<void(AffineExpr, int64_t)> add = [&](AffineExpr part,
                                                     int64_t scale) {
    if (auto number = dyn_cast<AffineConstantExpr>(part)) {
      expr.constant += scale * number.getValue();
      return;
    }
    if (auto dim = dyn_cast<AffineDimExpr>(part)) {
      expr.coefficients[dim.getPosition()] += scale;
      return;
    }
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
      expr.atoms.push_back({scale, compile(binary.getLHS()), number,
                            part.getKind() == AffineExprKind::Mod});
  };
  add(affine, 1);
  pool.push_back(std::move(expr));
  return pool.size() - 1;
}

int64_t CostModel::evaluate(const Expr &expr, ArrayRef<int64_t> dims) const {
  int64_t value = expr.constant;
  for (auto [coefficient, dim] : llvm::zip(expr.coefficients, dims))
    value += coefficient * dim;
  for (const Expr::Atom &atom : expr.atoms) {
    int64_t inner = evaluate(pool[atom.inner], dims);
    int64_t quotient = llvm::divideFloorSigned(inner, atom.divisor);
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
  for (AffineExpr constraint : guard.constraints) {
    access.constraints.push_back(compile(constraint));
    access.guardDims |= dimsOf(constraint);
  }
  access.alignable = tensor.offset % 4 == 0 && tensor.elements % 4 == 0 &&
                     tensor.stride % 4 == 0;
  // What is in a register already has no tensor.
  access.sharable =
      profile.sharesLoads && tensor.elementType &&
      storageType(tensor.elementType).getIntOrFloatBitWidth() == 32;
  return access;
}

/// Whether an operation is a product that the kernel sums and nothing else
/// reads.
static bool isSummedProduct(KernelOp kernel, Operation &op) {
  if (!isa<MulOp>(op) || !op.hasOneUse() ||
      op.getBlock() != &kernel.getMapBlock())
    return false;
  OpOperand &use = *op.use_begin();
  return use.getOwner()->hasTrait<OpTrait::IsTerminator>() &&
         kernel.getCombiner(use.getOperandNumber()) == Combiner::sum;
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
  for (Operation &op : block.without_terminator()) {
    DimSet set = 0;
    for (Value operand : op.getOperands())
      set |= dims.lookup(operand);
    Instructions each;
    double code = 1;
    if (auto exprs = space.bodyExprs.find(&op); exprs != space.bodyExprs.end())
      for (AffineExpr expr : exprs->second.constraints) {
        set |= dimsOf(expr);
        each.integer += 2;
      }
    else if (isa<TanhOp>(op))
      each = {.arithmetic = 12, .integer = 4, .special = 2};
    else if (isa<LogOp>(op))
      each = {.arithmetic = 20, .integer = 10};
    else if (isa<SigmoidOp>(op))
      each = {.arithmetic = 2, .special = 2};
    else if (isa<ExpOp, SqrtOp, SinOp, CosOp, DivOp>(op))
      each.special = 1;
    else if (isa<PhiloxOp>(op)) {
      // Ten rounds of two wide products, whose latencies hide each other.
      each.integer = 30;
      code = 4;
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      // An index is clamped, scaled and added.
      each = {.load = 1};
      each.integer = 4 * static_cast<double>(load.getIndices().size());
    } else if (isa<ConstantOp>(op) ||
               isSummedProduct(cast<KernelOp>(op.getParentOp()), op))
      continue; // free, or half of a multiply-add
    else
      each.arithmetic = 1;
    dims[op.getResult(0)] = set;
    work.push_back({set, each, code});
  }
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

int64_t CostModel::lastStart(unsigned dim, const Choice &choice) const {
  int64_t extent = space.extents[dim];
  if (dim >= space.numParallel)
    return extent - unrollOf(dim, choice);
  int64_t group = choice.lanes[dim] * choice.tile[dim];
  int64_t start = (llvm::divideCeil(extent, group) - 1) * group +
                  (choice.lanes[dim] - 1) * choice.run[dim];
  return std::min(start, extent - 1);
}

/// True if what groups, lanes and loop counters add to the index is a multiple
/// of four.
bool CostModel::aligned(const Expr &expr, const Choice &choice) const {
  for (const Expr::Atom &atom : expr.atoms)
    if (atom.coefficient % 4 != 0)
      return false;
  for (auto [dim, coefficient] : llvm::enumerate(expr.coefficients)) {
    if (lastStart(dim, choice) == 0)
      continue;
    if (dim >= space.numParallel) {
      if (coefficient * unrollOf(dim, choice) % 4 != 0)
        return false;
      continue;
    }
    int64_t group = choice.lanes[dim] * choice.tile[dim];
    bool tail = space.extents[dim] % group != 0;
    if (group < space.extents[dim] && coefficient * group % 4 != 0)
      return false;
    if ((choice.lanes[dim] > 1 || tail) &&
        coefficient * choice.run[dim] % 4 != 0)
      return false;
  }
  return true;
}

/// What groups, lanes and loop counters add to an expression.
Bounds CostModel::startBounds(const Expr &expr, const Choice &choice) const {
  Bounds bounds = {0, 0};
  for (auto [dim, coefficient] : llvm::enumerate(expr.coefficients)) {
    int64_t reach = coefficient * lastStart(dim, choice);
    (reach < 0 ? bounds.low : bounds.high) += reach;
  }
  // Nothing is known behind a division.
  if (!expr.atoms.empty())
    bounds = {INT32_MIN, INT32_MAX};
  return bounds;
}

const CostModel::Elements &CostModel::elementsOf(Access &access,
                                                 const Choice &choice) {
  SmallVector<int64_t, 16> key;
  DimSet dims = access.dims | access.guardDims;
  for (unsigned dim = 0; dim < space.extents.size(); ++dim)
    if (dims >> dim & 1) {
      if (dim >= space.numParallel)
        key.push_back(unrollOf(dim, choice));
      else
        key.append({choice.lanes[dim], choice.tile[dim], choice.run[dim]});
    }
  auto [entry, isNew] = access.known.try_emplace(key);
  if (isNew)
    entry->second = countElements(access, choice);
  return entry->second;
}

CostModel::Elements CostModel::countElements(const Access &access,
                                             const Choice &choice) const {
  // The offsets of all positions from the start of the tile.
  SmallVector<SmallVector<int64_t>> offsets;
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < space.extents.size(); ++dim) {
    if (!((access.dims | access.guardDims) >> dim & 1))
      continue;
    dims.push_back(dim);
    SmallVector<int64_t> &list = offsets.emplace_back();
    bool parallel = dim < space.numParallel;
    int64_t count = parallel ? choice.tile[dim] : unrollOf(dim, choice);
    int64_t run = parallel ? choice.run[dim] : count;
    int64_t stride = parallel ? choice.lanes[dim] * run : run;
    for (int64_t i = 0; i < count; ++i)
      list.push_back(i / run * stride + i % run);
  }
  SmallVector<Bounds> starts;
  for (unsigned constraint : access.constraints)
    starts.push_back(startBounds(pool[constraint], choice));

  SmallVector<int64_t> position(dims.size(), 0), point(space.extents.size(), 0);
  std::vector<std::pair<int64_t, bool>> addresses;
  std::vector<std::pair<unsigned, int64_t>> comparisons;
  while (true) {
    for (auto [i, dim] : llvm::enumerate(dims))
      point[dim] = offsets[i][position[i]];
    bool never = false, sometimes = false;
    for (auto [i, constraint] : llvm::enumerate(access.constraints)) {
      int64_t value = evaluate(pool[constraint], point);
      never |= value + starts[i].high < 0;
      if (value + starts[i].low < 0 && !never) {
        sometimes = true;
        comparisons.push_back({i, value});
      }
    }
    if (!never)
      addresses.push_back({evaluate(pool[access.index], point), sometimes});
    unsigned i = dims.size();
    while (i > 0 && ++position[i - 1] == int64_t(offsets[i - 1].size()))
      position[--i] = 0;
    if (i == 0)
      break;
  }
  llvm::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()),
                  addresses.end());

  Elements result;
  llvm::sort(comparisons);
  result.comparisons =
      std::unique(comparisons.begin(), comparisons.end()) - comparisons.begin();
  bool vectors = access.alignable && aligned(pool[access.index], choice);
  for (size_t first = 0; first < addresses.size();) {
    size_t last = first;
    int64_t distinct = 0;
    int64_t group = addresses[first].first >> 2;
    for (; last < addresses.size() && addresses[last].first >> 2 == group;
         ++last) {
      result.guarded += addresses[last].second;
      distinct +=
          last == first || addresses[last].first != addresses[last - 1].first;
    }
    if (vectors && distinct >= kWorthVector)
      ++result.vectors;
    else
      result.single += distinct;
    first = last;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Counting
//===----------------------------------------------------------------------===//

double CostModel::repetitions(DimSet dims, const Choice &choice) const {
  // All loops around the innermost one that the dimensions take part in.
  double result = 1, sofar = 1;
  for (unsigned r = 0; r < space.numReduction(); ++r) {
    int64_t extent = space.reduction()[r];
    sofar *= extent / choice.unroll[r];
    if (dims >> (space.numParallel + r) & 1 && choice.unroll[r] != extent)
      result = sofar;
  }
  return result;
}

double CostModel::instances(DimSet dims, const Choice &choice) const {
  double result = 1;
  for (unsigned dim = 0; dim < space.extents.size(); ++dim)
    if (dims >> dim & 1)
      result *=
          dim < space.numParallel ? choice.tile[dim] : unrollOf(dim, choice);
  return result;
}

void CostModel::addReads(std::vector<Access> &reads, const Choice &choice,
                         bool loops, Instructions &sum) {
  DimSet laneDims = 0;
  for (unsigned dim = 0; dim < space.numParallel; ++dim)
    laneDims |= DimSet(choice.lanes[dim] > 1) << dim;
  bool fullSubgroups = choice.workgroupSize() % profile.subgroupSize == 0;
  auto perLane = [&](int64_t count) {
    return llvm::divideCeil(count, profile.subgroupSize);
  };
  for (Access &read : reads) {
    if (read.isWhole)
      continue; // its loads are work of the body, or there are none
    const Elements &elements = elementsOf(read, choice);
    double repeated = repetitions(read.dims, choice);
    bool common = !(read.dims & laneDims), uniform = common && repeated == 1;
    double times = loops ? repeated : 1;
    int64_t single = elements.single, vectors = elements.vectors;
    if (common && !uniform && read.sharable && fullSubgroups &&
        (elements.guarded == 0 || !(read.guardDims & laneDims))) {
      sum.shuffle +=
          times * ((single > 1 ? single : 0) + (vectors > 1 ? 4 * vectors : 0));
      single = perLane(single);
      vectors = perLane(vectors);
    }
    (uniform ? sum.uniformLoad : sum.load) += times * single;
    (uniform ? sum.uniformVectorLoad : sum.vectorLoad) += times * vectors;
    sum.integer += times * (single + vectors);
    if (elements.guarded > 0)
      sum.integer +=
          (loops ? repetitions(read.dims | read.guardDims, choice) : 1) *
          (elements.guarded + 2 * elements.comparisons);
  }
}

static void accumulate(Instructions &sum, const Instructions &each,
                       double times) {
  sum.load += times * each.load;
  sum.arithmetic += times * each.arithmetic;
  sum.integer += times * each.integer;
  sum.special += times * each.special;
}

Choice CostModel::inRegisters(Choice choice) const {
  if (sumsInMemory(choice))
    choice.tile[scattered->dim] = choice.run[scattered->dim] = 1;
  return choice;
}

double CostModel::trips(const Choice &choice) const {
  double trips = repetitions(~DimSet(0), choice);
  if (sumsInMemory(choice) && !scattered->continues)
    trips += double(space.extents[scattered->dim] /
                    placesPerTrip(space.extents[scattered->dim]));
  return trips;
}

/// Places are set to what they start from in one loop; in the other an update
/// takes a load and a store of its sum, and a comparison, selections and
/// additions for where that is.
Instructions CostModel::countInMemory(const Choice &choice, bool loops) {
  Choice inner = inRegisters(choice);
  Instructions sum;
  sum.start = 1;
  addReads(mapReads, inner, loops, sum);
  addWorkOf(inner, loops, sum);
  double tile = static_cast<double>(inner.tileSize()),
         steps = static_cast<double>(inner.steps()),
         places = static_cast<double>(space.extents[scattered->dim]);
  if (loops) {
    sum.loop = trips(choice);
    steps *= repetitions(~DimSet(0), inner);
  } else {
    sum.loop = 2;
    places = 2.0 * double(placesPerTrip(space.extents[scattered->dim]));
  }
  if (scattered->continues)
    places = 0;
  if (scattered->initial)
    sum.load += tile * places;
  sum.load += steps;
  sum.arithmetic += steps;
  sum.integer += 4 * steps;
  sum.store += steps + tile * places;
  return sum;
}

void CostModel::addWorkOf(const Choice &choice, bool loops, Instructions &sum) {
  for (const std::vector<Work> *all : {&mapWork, &finishWork})
    for (const Work &work : *all)
      accumulate(sum, work.each,
                 (loops ? repetitions(work.dims, choice) : work.code) *
                     instances(work.dims, choice));
}

Instructions CostModel::count(const Choice &choice, bool loops) {
  if (sumsInMemory(choice))
    return countInMemory(choice, loops);
  Instructions sum;
  sum.start = 1;
  addReads(mapReads, choice, loops, sum);
  addReads(innerReads, choice, loops, sum);
  addReads(finishReads, choice, loops, sum);
  addWorkOf(choice, loops, sum);
  for (Access &write : writes) {
    const Elements &elements = elementsOf(write, choice);
    double times = loops ? repetitions(write.dims, choice) : 1;
    sum.store += times * elements.single;
    sum.vectorStore += times * elements.vectors;
  }
  double trips = repetitions(~DimSet(0), choice);
  if (trips > 1) {
    sum.loop = loops ? trips : 1;
    int64_t values = choice.tileSize() * space.kernel.getNumCombined() *
                     ShapedType::getNumElements(space.columns());
    sum.spill = sum.loop * std::max<int64_t>(0, values - profile.registers);
  }
  return sum;
}

double CostModel::launchedSubgroups(const Choice &choice) const {
  double groups = 1;
  for (unsigned dim = 0; dim < space.numParallel; ++dim)
    groups *= llvm::divideCeil(space.extents[dim],
                               choice.lanes[dim] * choice.tile[dim]);
  return groups *
         llvm::divideCeil(choice.workgroupSize(), profile.subgroupSize);
}

double CostModel::subgroups(const Choice &choice) const {
  return std::max<double>(launchedSubgroups(choice), profile.parallelSubgroups);
}

//===----------------------------------------------------------------------===//
// Kernels of several parts
//===----------------------------------------------------------------------===//

KernelCost::KernelCost(ArrayRef<IterationSpace> parts, const Profile &profile)
    : parts(parts), profile(profile) {
  for (const IterationSpace &part : parts)
    models.emplace_back(part, profile, /*isPart=*/parts.size() > 1);
  // What the weighted sums of an online softmax do with the rest.
  isPassenger.resize(parts.size());
  for (unsigned i = 0; i < parts.size(); ++i)
    if (OnlineSoftmax::find(parts, i))
      isPassenger.set(i, i + OnlineSoftmax::count - 1);
}

Choice KernelCost::choiceOf(unsigned part, const Choice &choice) const {
  if (parts.size() == 1)
    return choice;
  unsigned first = 0;
  for (unsigned i = 0; i < part; ++i)
    first += parts[i].numReduction();
  Choice own = choice;
  own.unroll.assign(choice.unroll.begin() + first,
                    choice.unroll.begin() + first + parts[part].numReduction());
  return own;
}

double KernelCost::executedTime(const Choice &choice, bool inBranch) {
  double time = 0;
  for (unsigned i = 0; i < parts.size(); ++i) {
    if (isPassenger.test(i))
      continue;
    Choice own = choiceOf(i, choice);
    Instructions executed =
        inBranch ? models[i].executedInBranch(own) : models[i].executed(own);
    executed.start = i == 0;
    time += dot(executed, profile.costs);
  }
  return time;
}

double KernelCost::codeTime(const Choice &choice) {
  double time = 0;
  for (unsigned i = 0; i < parts.size(); ++i)
    if (!isPassenger.test(i))
      time += dot(models[i].code(choiceOf(i, choice)), profile.costs);
  return time;
}

double KernelCost::compileTime(const Choice &choice) {
  double time = 0;
  for (unsigned i = 0; i < parts.size(); ++i) {
    if (isPassenger.test(i))
      continue;
    Instructions code = models[i].code(choiceOf(i, choice));
    code.start = i == 0;
    time += dot(code, profile.compileCosts);
  }
  return time;
}

int64_t KernelCost::steps(const Choice &choice) const {
  int64_t most = 0;
  for (unsigned i = 0; i < parts.size(); ++i)
    most = std::max(most, models[i].inRegisters(choiceOf(i, choice)).steps() *
                              parts[i].unrolledSteps());
  return most;
}

double KernelCost::trips(const Choice &choice) const {
  double sum = 0;
  for (unsigned i = 0; i < parts.size(); ++i)
    sum += models[i].trips(choiceOf(i, choice));
  return sum;
}

bool KernelCost::keepsOrder(const Choice &choice) const {
  for (unsigned i = 0; i < parts.size(); ++i)
    if (!codegen::keepsOrder(parts[i], choiceOf(i, choice).unroll))
      return false;
  return true;
}

} // namespace descent::codegen
