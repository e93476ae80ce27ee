// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several reductions over one row space in one kernel; see Passes.td.

#include "KernelBlocks.h"
#include "KernelFusion.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace descent {
#define GEN_PASS_DEF_FORMROWGROUPSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

namespace {

/// Kernels that are to be one group, in the order of their block.
class Group {
public:
  explicit Group(ArrayRef<int64_t> rows) : rows(rows) {}
  ~Group() { discard(); }
  Group(const Group &) = delete;

  SmallVector<int64_t> rows;

  bool contains(Operation *op) const { return members.contains(op); }
  ArrayRef<Operation *> getMembers() const { return order; }
  bool add(KernelOp kernel);
  void remove(KernelOp kernel);

  /// Whether no other operation lies between two members in the order of
  /// dependence; collects those that have to run behind the group.
  bool isConvex(SmallVectorImpl<Operation *> &behind) const;
  /// Builds, where members read what has more than one element a row, kernels
  /// that compute it. False, and nothing is built, where a read is of another
  /// row.
  bool legalize();
  /// Erases what legalize() built.
  void discard();

  /// How many element loads the members cost together, and how many tensors
  /// they have.
  double cost() const;
  unsigned countTensors() const;

  RowGroupOp build();

private:
  llvm::SmallPtrSet<Operation *, 8> members;
  SmallVector<Operation *> order;
  /// Members and the kernels that take their place.
  llvm::DenseMap<Operation *, KernelOp> replaced;

  void sort() {
    llvm::sort(order, [](Operation *a, Operation *b) {
      return a != b && a->isBeforeInBlock(b);
    });
  }
  /// What a member becomes.
  KernelOp current(Operation *member) const {
    KernelOp other = replaced.lookup(member);
    return other ? other : cast<KernelOp>(member);
  }
  /// The member that an operand is a result of, seen through reshapes; or null.
  KernelOp source(Value operand) const {
    KernelResult result = kernelResult(operand);
    return result && contains(result.kernel) ? result.kernel : KernelOp();
  }
  bool isNeededOutside(Value value) const;
  bool isAlive(Operation *member) const;
  double costOfBlock(KernelOp kernel, bool map) const;
  KernelOp legalizeMember(KernelOp member);
  Value mapInside(Value value, OpBuilder &builder, IRMapping &mapping) const;
};

} // namespace

bool Group::add(KernelOp kernel) {
  if (!members.insert(kernel).second)
    return false;
  order.push_back(kernel);
  sort();
  return true;
}

void Group::remove(KernelOp kernel) {
  members.erase(kernel);
  llvm::erase(order, kernel.getOperation());
}

bool Group::isConvex(SmallVectorImpl<Operation *> &behind) const {
  llvm::SmallPtrSet<Operation *, 16> late;
  for (auto it = order.front()->getIterator(),
            end = std::next(order.back()->getIterator());
       it != end; ++it) {
    bool isMember = contains(&*it);
    for (Value operand : it->getOperands()) {
      Operation *from = isMember ? lookThroughReshapes(operand).getDefiningOp()
                                 : operand.getDefiningOp();
      if (!from || !(late.contains(from) || (!isMember && contains(from))))
        continue;
      if (isMember)
        return false;
      if (late.insert(&*it).second)
        behind.push_back(&*it);
    }
  }
  return true;
}

/// Whether a value can pass from part to part as it is: in registers, numbers
/// of 16 bits have 32.
static bool isExactInRegister(Type type) {
  Type element = getElementTypeOrSelf(type);
  return !element.isF16() && !element.isBF16();
}

KernelOp Group::legalizeMember(KernelOp member) {
  KernelOp kernel = member;
  auto fail = [&]() -> KernelOp {
    if (kernel != member)
      kernel.erase();
    return {};
  };
  auto isLarge = [&](Value operand) {
    return source(operand) && countRowElements(operand.getType(), rows) != 1;
  };
  for (auto large = llvm::find_if(kernel->getOperands(), isLarge);
       large != kernel->operand_end();
       large = llvm::find_if(kernel->getOperands(), isLarge)) {
    KernelOp producer = source(*large);
    KernelOp next = producer.isElementwise() ? inlineProducer(kernel, producer)
                                             : KernelOp();
    if (!next)
      return fail();
    if (kernel != member)
      kernel.erase();
    kernel = next;
  }
  for (OpOperand &operand : kernel->getOpOperands())
    if (source(operand.get()) &&
        (!isExactInRegister(operand.get().getType()) ||
         !readsOwnRow(kernel, operand.getOperandNumber(), rows)))
      return fail();
  return kernel;
}

bool Group::legalize() {
  discard();
  for (Operation *member : order) {
    KernelOp kernel = legalizeMember(cast<KernelOp>(member));
    if (!kernel) {
      discard();
      return false;
    }
    if (kernel != member)
      replaced[member] = kernel;
  }
  return true;
}

void Group::discard() {
  for (auto [before, after] : replaced)
    after->erase();
  replaced.clear();
}

bool Group::isNeededOutside(Value value) const {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (isa<ReshapeOp>(user))
      return isNeededOutside(user->getResult(0));
    return !contains(user) && llvm::none_of(replaced, [&](auto &entry) {
      return entry.second == user;
    });
  });
}

/// Whether a member is still needed when the others no longer read of it what
/// they compute themselves.
bool Group::isAlive(Operation *member) const {
  return llvm::any_of(member->getResults(), [&](Value result) {
    return countRowElements(result.getType(), rows) == 1 ||
           isNeededOutside(result);
  });
}

static constexpr double storeCost = 2, arithmeticCost = 0.1,
                        transcendentalCost = 1, randomCost = 3;

double Group::costOfBlock(KernelOp kernel, bool map) const {
  double points = ShapedType::getNumElements(kernel.getParallel()) *
                  (map ? ShapedType::getNumElements(kernel.getReduction()) : 1);
  if (map && kernel.isElementwise())
    return 0;
  double each = 0;
  OperandRange inputs = map ? kernel.getInputs() : kernel.getFinishInputs();
  for (Value input : inputs)
    // What is read again and again stays in caches and registers.
    if (!source(input))
      each += std::min(1.0, countElements(input.getType()) / points);
  for (Operation &op : map ? kernel.getMapBlock() : kernel.getFinishBlock())
    each +=
        isa<PhiloxOp>(op) ? randomCost
        : isa<ExpOp, LogOp, SinOp, CosOp, TanhOp, SigmoidOp, DivOp, SqrtOp>(op)
            ? transcendentalCost
            : arithmeticCost;
  return points * each;
}

double Group::cost() const {
  double sum = 0;
  for (Operation *member : order) {
    if (order.size() > 1 && !isAlive(member))
      continue;
    KernelOp kernel = current(member);
    sum += costOfBlock(kernel, true) + costOfBlock(kernel, false);
    for (Value result : member->getResults())
      if (isNeededOutside(result))
        sum += storeCost * countElements(result.getType());
  }
  return sum;
}

unsigned Group::countTensors() const {
  llvm::SmallPtrSet<Value, 16> tensors;
  for (Operation *member : order) {
    if (!isAlive(member))
      continue;
    for (Value operand : current(member)->getOperands())
      if (!source(operand))
        tensors.insert(operand);
    for (Value result : member->getResults())
      if (isNeededOutside(result))
        tensors.insert(result);
  }
  return tensors.size();
}

/// What stands for `value`, a result of a member seen through reshapes, in the
/// body.
Value Group::mapInside(Value value, OpBuilder &builder,
                       IRMapping &mapping) const {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  auto reshape = value.getDefiningOp<ReshapeOp>();
  mapInside(reshape.getOperand(), builder, mapping);
  return builder.clone(*reshape, mapping)->getResult(0);
}

static void eraseDeadReshapes(Value value) {
  for (Operation *user : llvm::make_early_inc_range(value.getUsers()))
    if (isa<ReshapeOp>(user)) {
      eraseDeadReshapes(user->getResult(0));
      if (user->use_empty())
        user->erase();
    }
}

RowGroupOp Group::build() {
  SmallVector<Operation *> behind;
  isConvex(behind);
  SmallVector<Value> returned;
  SmallVector<Location> locations;
  llvm::SetVector<Value> inputs;
  for (Operation *member : order) {
    if (!isAlive(member))
      continue;
    locations.push_back(member->getLoc());
    for (Value operand : current(member)->getOperands())
      if (!source(operand))
        inputs.insert(operand);
    for (Value result : member->getResults())
      if (isNeededOutside(result))
        returned.push_back(result);
  }
  Operation *last = order.back();
  OpBuilder builder(last->getContext());
  builder.setInsertionPointAfter(last);
  Location loc = FusedLoc::get(last->getContext(), locations);
  auto group = builder.create<RowGroupOp>(
      loc, llvm::to_vector(ValueRange(returned).getTypes()), rows,
      inputs.getArrayRef());
  Operation *place = group;
  for (Operation *op : behind) {
    op->moveAfter(place);
    place = op;
  }
  Block &body = group.getBody().emplaceBlock();
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
  builder.setInsertionPointToEnd(&body);
  for (Operation *member : order) {
    if (!isAlive(member))
      continue;
    KernelOp kernel = current(member);
    for (Value operand : kernel->getOperands())
      mapInside(operand, builder, mapping);
    Operation *part = builder.clone(*kernel, mapping);
    mapping.map(member->getResults(), part->getResults());
  }
  builder.create<ReturnOp>(loc, llvm::map_to_vector(returned, [&](Value value) {
                             return mapping.lookup(value);
                           }));
  discard();
  for (auto [before, after] : llvm::zip(returned, group.getResults()))
    before.replaceUsesWithIf(
        after, [&](OpOperand &use) { return !contains(use.getOwner()); });
  for (Operation *member : llvm::reverse(order)) {
    for (Value result : member->getResults())
      eraseDeadReshapes(result);
    member->erase();
  }
  // Reshapes that members read were given to the group.
  for (Value result : group.getResults())
    eraseDeadReshapes(result);
  members.clear();
  order.clear();
  return group;
}

/// Whether a kernel reduces rows that lie in memory one behind the other: a
/// tensor that it reads has these rows, and all others that are as large have.
/// In a product every element is read for many results; that is another kind of
/// kernel.
static bool reducesRows(KernelOp kernel) {
  if (kernel.isElementwise())
    return false;
  ArrayRef<int64_t> rows = kernel.getParallel();
  int64_t count = ShapedType::getNumElements(rows),
          length = ShapedType::getNumElements(kernel.getReduction());
  bool hasRows = false;
  for (OpOperand &operand :
       kernel->getOpOperands().take_front(kernel.getInputs().size())) {
    Type type = operand.get().getType();
    bool own = readsOwnRow(kernel, operand.getOperandNumber(), rows);
    if (!own && countElements(type) * 4 > count * length)
      return false;
    hasRows |= own && countRowElements(type, rows) > 1;
  }
  return hasRows;
}

namespace {

struct FormRowGroupsPass
    : descent::impl::FormRowGroupsPassBase<FormRowGroupsPass> {
  using FormRowGroupsPassBase::FormRowGroupsPassBase;

  void runOnOperation() override {
    for (Block *block : getKernelBlocks(getOperation())) {
      llvm::SmallSetVector<Operation *, 32> seeds;
      for (auto kernel : block->getOps<KernelOp>())
        if (reducesRows(kernel) &&
            ShapedType::getNumElements(kernel.getParallel()) >= minRows)
          seeds.insert(kernel);
      while (!seeds.empty())
        formFrom(seeds);
    }
  }

  void formFrom(llvm::SmallSetVector<Operation *, 32> &seeds) {
    auto seed = cast<KernelOp>(seeds.front());
    seeds.remove(seed);
    Group group(seed.getParallel());
    group.add(seed);
    while (grow(group)) {
    }
    if (group.getMembers().size() < 2)
      return;
    for (Operation *member : group.getMembers())
      seeds.remove(member);
    group.legalize();
    group.build();
  }

  /// Adds the first kernel near the group that can join it and should.
  bool grow(Group &group) {
    for (KernelOp candidate : findCandidates(group))
      if (tryAdd(group, candidate))
        return true;
    return false;
  }

  /// The kernels that read what members give, those that members read, and
  /// those that reduce the same rows.
  SmallVector<KernelOp> findCandidates(Group &group) {
    llvm::SmallSetVector<Operation *, 16> found;
    auto consider = [&](Operation *op) {
      auto kernel = dyn_cast_or_null<KernelOp>(op);
      if (kernel && !group.contains(kernel) && fitsRows(kernel, group.rows) &&
          (kernel.isElementwise() || reducesRows(kernel)))
        found.insert(kernel);
    };
    for (Operation *member : group.getMembers())
      for (OpOperand *use : usesThroughReshapes(cast<KernelOp>(member)))
        consider(use->getOwner());
    for (Operation *member : group.getMembers())
      for (Value operand : member->getOperands())
        consider(kernelResult(operand).kernel);
    for (Operation *member : group.getMembers())
      for (OpOperand &operand : member->getOpOperands())
        if (readsOwnRow(cast<KernelOp>(member), operand.getOperandNumber(),
                        group.rows) &&
            countRowElements(operand.get().getType(), group.rows) > 1)
          for (Operation *user : operand.get().getUsers())
            if (auto kernel = dyn_cast<KernelOp>(user);
                kernel && !kernel.isElementwise())
              consider(kernel);
    return llvm::map_to_vector(
        found, [](Operation *op) { return cast<KernelOp>(op); });
  }

  bool tryAdd(Group &group, KernelOp kernel) {
    if (kernel->getBlock() != group.getMembers().front()->getBlock())
      return false;
    Group alone(group.rows);
    alone.add(kernel);
    group.legalize();
    double before = group.cost() + alone.cost() + launchCost;
    group.discard();
    group.add(kernel);
    SmallVector<Operation *> behind;
    bool joins = group.isConvex(behind) && group.legalize() &&
                 group.countTensors() <= maxTensors && group.cost() <= before;
    group.discard();
    if (!joins)
      group.remove(kernel);
    return joins;
  }
};

} // namespace
