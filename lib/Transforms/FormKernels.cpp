// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which kernels to fuse; see Passes.td. The mechanisms are in KernelFusion.h.

#include "KernelBlocks.h"
#include "KernelFusion.h"
#include "KernelWorklists.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_FORMKERNELSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

//===----------------------------------------------------------------------===//
// What things cost, in loads of one element
//===----------------------------------------------------------------------===//

static constexpr double storeCost = 2, arithmeticCost = 0.1,
                        transcendentalCost = 1, randomCost = 3;
/// The most sums that kernels are joined to: their register tiles shrink with
/// it.
static constexpr unsigned maxSums = 4;
/// How many points of a reduction's register tile share a loaded element,
/// about.
static constexpr double sharing = 8;

/// The cost of computing one point of an elementwise kernel: its loads (small
/// operands stay in caches and registers) and its arithmetic.
static double pointCost(KernelOp kernel) {
  double points = ShapedType::getNumElements(kernel.getParallel()), cost = 0;
  for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
    if (!isWhole(kernel.getFinishAccess(i))) // whose loads are in the body
      cost += std::min(1.0, countElements(input.getType()) / points);
  for (Operation &op : kernel.getFinishBlock())
    cost +=
        isa<LoadOp>(op)     ? 1
        : isa<PhiloxOp>(op) ? randomCost
        : isa<ExpOp, LogOp, SinOp, CosOp, TanhOp, SigmoidOp, DivOp, SqrtOp>(op)
            ? transcendentalCost
            : arithmeticCost;
  return cost;
}

/// How often a use evaluates each element of what it reads.
static double evaluations(OpOperand &use, int64_t elements) {
  auto consumer = cast<KernelOp>(use.getOwner());
  bool map = use.getOperandNumber() < consumer.getInputs().size();
  double times =
      static_cast<double>(ShapedType::getNumElements(consumer.getParallel())) *
      (map ? ShapedType::getNumElements(consumer.getReduction()) : 1) /
      elements;
  return times <= 1 ? times : 1 + (times - 1) / (map ? sharing : 1);
}

/// Whether it is better to compute a kernel's results in all their readers than
/// to store them.
static bool paysToInline(KernelOp producer, ArrayRef<OpOperand *> uses) {
  int64_t points = ShapedType::getNumElements(producer.getParallel());
  double point = pointCost(producer),
         stored = point + storeCost * producer->getNumResults(), inlined = 0;
  for (OpOperand *use : uses) {
    double times = evaluations(*use, points);
    inlined += times * point;
    stored += times;
  }
  return inlined <= stored;
}

static unsigned countTensors(KernelOp kernel) {
  llvm::SmallPtrSet<Value, 16> tensors(kernel->operand_begin(),
                                       kernel->operand_end());
  return tensors.size() + kernel->getNumResults();
}

/// The tensors that `first` and `second`, which may read its results, have
/// together: those that both read once, and of the results that only `second`
/// reads none.
static unsigned countTogether(KernelOp first, KernelOp second) {
  llvm::SmallPtrSet<Value, 16> tensors(first->operand_begin(),
                                       first->operand_end());
  for (Value operand : second->getOperands())
    if (kernelResult(operand).kernel != first)
      tensors.insert(operand);
  llvm::SmallPtrSet<Value, 4> kept;
  for (OpOperand *use : usesThroughReshapes(first))
    if (use->getOwner() != second) {
      Value result = use->get();
      while (auto reshape = result.getDefiningOp<ReshapeOp>())
        result = reshape.getOperand();
      kept.insert(result);
    }
  return tensors.size() + kept.size() + second->getNumResults();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

/// The rewrites, in the order in which they are tried.
enum Rewrite : unsigned {
  merge,
  joinSums,
  absorbEpilogue,
  inlineIntoReaders,
  absorb,
  join,
  numRewrites
};

/// Forms the kernels of one block: applies the first rewrite that can be
/// applied, to the first kernel in program order, until there is none.
class Former {
public:
  Former(Block &block, unsigned maxTensors)
      : worklists(block, numRewrites), maxTensors(maxTensors),
        isLoop(isa<ScanOp>(block.getParentOp())) {}

  void run() {
    // Epilogues of reductions first: once a bias and an activation follow a sum
    // in registers, there is nothing left to inline elsewhere.
    while (tryOn(merge, &Former::mergeIntoReader) ||
           tryOn(joinSums, &Former::joinForReader) ||
           tryOn(absorbEpilogue, &Former::absorbAsEpilogue) ||
           tryOn(inlineIntoReaders, &Former::inlineIfItPays) ||
           tryOn(absorb, &Former::absorbIntoProducer) ||
           tryOn(join, &Former::joinWithSibling))
      ;
  }

private:
  KernelWorklists worklists;
  unsigned maxTensors;
  bool isLoop;

  bool tryOn(Rewrite rewrite, bool (Former::*method)(KernelOp)) {
    return worklists.tryOn(
        rewrite, [&](KernelOp kernel) { return (this->*method)(kernel); });
  }

  /// Replaces two kernels by the one that `fuse` makes of them.
  bool replace(KernelOp first, KernelOp second,
               llvm::function_ref<KernelOp(KernelOp, KernelOp)> fuse) {
    worklists.retire(first);
    worklists.retire(second);
    renew(fuse(first, second));
    return true;
  }

  /// Has rewrites tried again where a new kernel makes a difference.
  void renew(KernelOp kernel) {
    worklists.renew(kernel);
    for (Value input : readEverywhere(kernel))
      if (isLargeEnoughToShare(input, kernel))
        for (Operation *user : input.getUsers())
          if (auto sibling = dyn_cast<KernelOp>(user))
            worklists.add(join, sibling);
  }

  /// Inlines a kernel into all its readers if it pays.
  bool inlineIfItPays(KernelOp producer) {
    if (!producer.isElementwise())
      return false;
    auto uses = usesThroughReshapes(producer);
    if (uses.empty() || llvm::any_of(uses, [](OpOperand *use) {
          return !isa<KernelOp>(use->getOwner());
        }))
      return false;
    return paysToInline(producer, uses) && inlineEverywhere(producer, uses);
  }

  bool inlineEverywhere(KernelOp producer, ArrayRef<OpOperand *> uses) {
    llvm::SetVector<Operation *> consumers;
    for (OpOperand *use : uses)
      consumers.insert(use->getOwner());
    SmallVector<std::pair<KernelOp, KernelOp>> replacements;
    bool legal = true;
    for (Operation *op : consumers) {
      auto consumer = cast<KernelOp>(op);
      KernelOp fused = inlineProducer(consumer, producer);
      legal = fused && countTensors(fused) <= maxTensors;
      if (fused)
        replacements.push_back({consumer, fused});
      if (!legal)
        break;
    }
    if (!legal) {
      for (auto [consumer, fused] : replacements)
        fused->erase();
      return false;
    }
    for (auto [consumer, fused] : replacements) {
      worklists.retire(consumer);
      consumer->replaceAllUsesWith(fused);
      consumer->erase();
    }
    worklists.retire(producer);
    eraseWithReshapes(producer);
    for (auto [consumer, fused] : replacements)
      renew(fused);
    return true;
  }

  static void eraseWithReshapes(Operation *op) {
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      eraseWithReshapes(user);
    op->erase();
  }

  /// Lets a reduction absorb an elementwise kernel, if that leaves nothing of
  /// the reduction's own results to be stored.
  bool absorbAsEpilogue(KernelOp consumer) {
    return absorbInto(consumer, [&](KernelOp producer) {
      return !producer.isElementwise() && readsAlone(consumer, producer);
    });
  }

  /// Lets any kernel absorb an elementwise one.
  bool absorbIntoProducer(KernelOp consumer) {
    return absorbInto(consumer, [](KernelOp) { return true; });
  }

  /// Lets the first of the kernels that `consumer` reads that `wanted` takes,
  /// and that can, absorb it.
  bool absorbInto(KernelOp consumer,
                  llvm::function_ref<bool(KernelOp)> wanted) {
    if (!consumer.isElementwise())
      return false;
    for (Value input : consumer.getFinishInputs())
      if (KernelOp producer = kernelResult(input).kernel;
          producer && wanted(producer) &&
          countTogether(producer, consumer) <= maxTensors &&
          canAbsorb(producer, consumer))
        return replace(producer, consumer, absorbConsumer);
    return false;
  }

  /// Whether nothing else reads the producer; in a loop, where a launch costs
  /// more than a store, what it returns may be read too.
  bool readsAlone(KernelOp consumer, KernelOp producer) {
    return llvm::all_of(usesThroughReshapes(producer), [&](OpOperand *use) {
      return use->getOwner() == consumer ||
             (isLoop && isa<ReturnOp>(use->getOwner()));
    });
  }

  /// Makes one reduction of a sum that is only read, whole or through views, by
  /// another sum.
  bool mergeIntoReader(KernelOp inner) {
    auto uses = usesThroughReshapes(inner);
    auto outer = uses.size() == 1 ? dyn_cast<KernelOp>(uses.front()->getOwner())
                                  : KernelOp();
    return outer && canMergeSums(inner, outer) &&
           replace(inner, outer, mergeSum);
  }

  /// In loops, where launches cost more than anything else, joins two sums over
  /// the same dimensions that an elementwise kernel reads at its own position:
  /// the gates of a cell. It can then be the epilogue of both.
  bool joinForReader(KernelOp reader) {
    if (!isLoop || !reader.isElementwise())
      return false;
    llvm::SetVector<KernelOp> sums;
    for (Value input : reader.getFinishInputs())
      if (KernelOp sum = kernelResult(input).kernel; sum && sum != reader)
        sums.insert(sum);
    for (KernelOp first : sums)
      for (KernelOp second : sums)
        if (first->isBeforeInBlock(second) &&
            first.getNumCombined() + second.getNumCombined() <= maxSums &&
            countTogether(first, second) <= maxTensors &&
            canJoinSums(first, second, reader))
          return replace(first, second, joinSiblings);
    return false;
  }

  /// Whether kernels of as many points as this one may join for reading
  /// `value`.
  static bool isLargeEnoughToShare(Value value, KernelOp kernel) {
    return countElements(value.getType()) >=
           ShapedType::getNumElements(kernel.getDomain());
  }

  /// What a kernel reads at every point.
  static OperandRange readEverywhere(KernelOp kernel) {
    return kernel.isElementwise() ? kernel.getFinishInputs()
                                  : kernel.getInputs();
  }

  /// Joins a kernel with the first later one of the same kind that reads an
  /// element of a large tensor at the same point.
  bool joinWithSibling(KernelOp first) {
    for (Value input : readEverywhere(first)) {
      if (!isLargeEnoughToShare(input, first))
        continue;
      for (Operation *user : input.getUsers()) {
        auto second = dyn_cast<KernelOp>(user);
        if (second && first->isBeforeInBlock(second) &&
            countTogether(first, second) <= maxTensors &&
            canJoin(first, second, input))
          return replace(first, second, joinSiblings);
      }
    }
    return false;
  }
};

struct FormKernelsPass : descent::impl::FormKernelsPassBase<FormKernelsPass> {
  using FormKernelsPassBase::FormKernelsPassBase;

  void runOnOperation() override {
    for (Block *block : getKernelBlocks(getOperation())) {
      // An alias that nothing reads is not a use.
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*block)))
        if (isa<ReshapeOp>(op) && op.use_empty())
          op.erase();
      Former(*block, maxTensors).run();
    }
  }
};

} // namespace
