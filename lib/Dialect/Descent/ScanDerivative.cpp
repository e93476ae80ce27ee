// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The derivative of a scan: a scan in the other direction.
//
// The body and its reverse sweep are built as one joint block. What the sweep
// needs of the forward part is taken from where it is (slices, captures,
// values that are stacked anyway), computed again where that is cheap
// (isCheap) or a stack would be too large, and else stacked by the forward
// scan, which is built anew for it: carried values, and results of products,
// reductions, composites, inner scans.

#include "ScanParts.h"
#include "SweepFactors.h"
#include "TimeSums.h"
#include "descent/Dialect/Descent/Differentiate.h"
#include "descent/Dialect/Descent/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace descent;

namespace {

class ScanDerivative {
public:
  ScanDerivative(ScanOp scan, ValueRange cotangents, ArrayRef<bool> wanted)
      : scan(scan), finals(cotangents.take_front(scan.getInits().size())),
        stacked(cotangents.drop_front(scan.getInits().size())), wanted(wanted) {
  }

  LogicalResult build(OpBuilder &b, MutableArrayRef<Value> operandCotangents);

private:
  ScanOp scan;
  /// Cotangents of the results.
  SmallVector<Value> finals, stacked;
  ArrayRef<bool> wanted;

  /// Carried values that depend on what is wanted.
  SmallVector<bool> active;
  /// Carried values that have a cotangent in some iteration.
  SmallVector<bool> reached;

  /// The joint block: the body's operations up to `lastForward`, its sweep,
  /// its return. Arguments: those of the body, then cotangents of the next
  /// values (null where not reached) and of the stacked ones.
  std::unique_ptr<Region> holder;
  Block *joint = nullptr;
  Operation *lastForward = nullptr;
  SmallVector<Value> nextCotangents, stackedCotangents;
  /// What the sweep gives for every argument of the body; null where zero.
  SmallVector<Value> argumentCotangents;

  void findActive();
  LogicalResult differentiateBody();
  LogicalResult buildJoint();
  /// What the scan backward reads of the forward one, but for captures.
  struct Reads {
    /// Values that it does not have yet, in the body's order.
    SmallVector<Value> residuals;
    /// What a step costs, in loads of an element: what is loaded backward,
    /// stored forward for it, and computed from it.
    double cost = 0;
    bool fit = true;
  };
  Reads findReads(const ScanParts &backward, ArrayRef<Value> alsoNeeded,
                  bool coefficients);
  SmallVector<Value> findResiduals(const ScanParts &backward,
                                   ArrayRef<Value> alsoNeeded);
  void stackResiduals(ArrayRef<Value> residuals, ScanParts &backward);

  bool isForward(Operation *op) {
    return lastForward &&
           (op == lastForward || op->isBeforeInBlock(lastForward));
  }
  /// Whether a result of the forward part is computed again rather than
  /// stacked.
  bool isRepeated(Operation *op) {
    return isCheap(op) || !llvm::all_of(op->getResults(), [&](Value result) {
             return canStack(result, scan.getCount());
           });
  }
  SmallVector<Value> allCotangents() {
    SmallVector<Value> all(nextCotangents);
    llvm::append_range(all, stackedCotangents);
    return all;
  }
  OpBuilder atJointEnd() { return OpBuilder(joint->getTerminator()); }
  size_t numCarries() { return scan.getInits().size(); }
};

void ScanDerivative::findActive() {
  Block &body = scan.getBodyBlock();
  active.assign(numCarries(), false);
  SmallVector<Value> seeds;
  for (auto [i, argument] : llvm::enumerate(body.getArguments()))
    if (wanted[i]) {
      seeds.push_back(argument);
      if (i < numCarries())
        active[i] = true;
    }
  for (bool changed = true; changed;) {
    changed = false;
    DenseSet<Value> dependents = findDependents(body, nullptr, seeds);
    for (auto [i, next] : llvm::enumerate(scan.getNextValues()))
      if (!active[i] && isFloat(next) && dependents.contains(next)) {
        changed = active[i] = true;
        seeds.push_back(body.getArgument(i));
      }
  }
}

LogicalResult ScanDerivative::buildJoint() {
  Block &body = scan.getBodyBlock();
  Location loc = scan.getLoc();
  holder = std::make_unique<Region>();
  joint = new Block;
  holder->push_back(joint);
  IRMapping mapping;
  for (BlockArgument argument : body.getArguments())
    mapping.map(argument,
                joint->addArgument(argument.getType(), argument.getLoc()));
  OpBuilder b(scan.getContext());
  b.setInsertionPointToEnd(joint);
  for (Operation &op : body)
    b.clone(op, mapping);
  Operation *end = joint->getTerminator();
  lastForward = end->getPrevNode();

  SmallVector<Value> values, cotangents;
  nextCotangents.assign(numCarries(), Value());
  stackedCotangents.assign(stacked.size(), Value());
  for (auto [i, value] : llvm::enumerate(end->getOperands())) {
    bool isNext = i < numCarries();
    if (isNext ? !reached[i] : !stacked[i - numCarries()])
      continue;
    Value cotangent = joint->addArgument(cotangentType(value.getType()), loc);
    (isNext ? nextCotangents[i] : stackedCotangents[i - numCarries()]) =
        cotangent;
    values.push_back(value);
    cotangents.push_back(cotangent);
  }
  SmallVector<Value> sought;
  SmallVector<size_t> places;
  for (size_t i = 0; i < body.getNumArguments(); ++i)
    if (i < numCarries() ? active[i] : wanted[i]) {
      sought.push_back(joint->getArgument(i));
      places.push_back(i);
    }
  b.setInsertionPoint(end);
  auto found = differentiateBlock(b, loc, values, cotangents, sought);
  if (failed(found))
    return failure();
  // Held by the terminator while operations are replaced.
  size_t returned = end->getNumOperands();
  SmallVector<Value> held;
  for (Value cotangent : *found)
    if (cotangent)
      held.push_back(cotangent);
  end->insertOperands(returned, held);
  factorSweep(*joint, allCotangents());
  argumentCotangents.assign(body.getNumArguments(), Value());
  size_t next = returned;
  for (auto [place, cotangent] : llvm::zip_equal(places, *found))
    if (cotangent)
      argumentCotangents[place] = end->getOperand(next++);
  end->eraseOperands(returned, held.size());
  return success();
}

LogicalResult ScanDerivative::differentiateBody() {
  findActive();
  reached.clear();
  for (auto [is, cotangent] : llvm::zip_equal(active, finals))
    reached.push_back(is && cotangent);
  // A carried value that the sweep reaches has a cotangent one iteration
  // before, which may reach others.
  for (bool changed = true; changed;) {
    changed = false;
    if (failed(buildJoint()))
      return failure();
    for (size_t i = 0; i < numCarries(); ++i)
      if (argumentCotangents[i] && !reached[i])
        changed = reached[i] = true;
  }
  return success();
}

/// What computing an element costs, in loads.
static double pointCost(Operation *op) {
  if (isa<ExpOp, LogOp, SinOp, CosOp, TanhOp, SigmoidOp, DivOp, SqrtOp>(op))
    return 1;
  return op->getNumOperands() == 0 || isa<ViewOpInterface>(op) ? 0 : 0.1;
}

/// The forward values that the scan backward needs and does not have: those
/// that cheap values are computed from, or with `coefficients` what cotangents
/// meet, cheap or not.
ScanDerivative::Reads ScanDerivative::findReads(const ScanParts &backward,
                                                ArrayRef<Value> alsoNeeded,
                                                bool coefficients) {
  Reads reads;
  SmallVector<Value> open(alsoNeeded);
  for (const ScanParts::Carry &carry : backward.carries)
    open.push_back(carry.next);
  llvm::append_range(open, backward.stacked);
  DenseSet<Value> arguments = backward.arguments(), seen, captures,
                  tangents = findTangents(*joint, allCotangents());
  for (const ScanParts::Input &capture : backward.captures)
    captures.insert(capture.argument);
  SmallVector<Value> arriving;
  for (BlockArgument argument : joint->getArguments())
    if (!captures.contains(argument))
      arriving.push_back(argument);
  DenseSet<Value> varying = findTangents(*joint, arriving);
  auto isCoefficient = [&](Operation *op) {
    return coefficients && !isa<ViewOpInterface>(op) &&
           llvm::all_of(op->getResults(), [&](Value result) {
             return varying.contains(result) && !tangents.contains(result);
           });
  };
  SmallVector<Value> &residuals = reads.residuals;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    double elements = countElements(value.getType());
    if (arguments.contains(value)) {
      reads.cost += captures.contains(value) ? 0 : elements;
      continue;
    }
    Operation *op = value.getDefiningOp();
    if (op && (!isForward(op) || isRepeated(op)) && !isCoefficient(op)) {
      llvm::append_range(open, op->getOperands());
      reads.cost += elements * pointCost(op);
      continue;
    }
    residuals.push_back(value);
    reads.cost += 2 * elements;
    reads.fit &= canStack(value, scan.getCount());
  }
  // In the body's order, whatever the order of the search.
  llvm::sort(residuals, [](Value a, Value b) {
    Operation *x = a.getDefiningOp(), *y = b.getDefiningOp();
    if (!x || !y)
      return x == y ? cast<BlockArgument>(a).getArgNumber() <
                          cast<BlockArgument>(b).getArgNumber()
                    : !x;
    return x == y ? cast<OpResult>(a).getResultNumber() <
                        cast<OpResult>(b).getResultNumber()
                  : x->isBeforeInBlock(y);
  });
  return reads;
}

/// The coefficients of cotangents, if loading and storing them costs less than
/// computing them again: the forward loop has all they need in registers.
SmallVector<Value> ScanDerivative::findResiduals(const ScanParts &backward,
                                                 ArrayRef<Value> alsoNeeded) {
  Reads factors = findReads(backward, alsoNeeded, /*coefficients=*/true),
        values = findReads(backward, alsoNeeded, /*coefficients=*/false);
  bool pays = factors.fit && factors.cost < values.cost;
  return (pays ? factors : values).residuals;
}

/// Replaces the scan by one that stacks `residuals` too, and gives them to the
/// scan backward.
void ScanDerivative::stackResiduals(ArrayRef<Value> residuals,
                                    ScanParts &backward) {
  if (residuals.empty())
    return;
  ScanParts forward(scan);
  forward.source = joint;
  for (auto [i, carry] : llvm::enumerate(forward.carries)) {
    carry.argument = joint->getArgument(i);
    carry.next = joint->getTerminator()->getOperand(i);
  }
  size_t place = numCarries();
  for (ScanParts::Input &input : forward.sequences)
    input.argument = joint->getArgument(place++);
  for (ScanParts::Input &input : forward.captures)
    input.argument = joint->getArgument(place++);
  forward.stacked = llvm::to_vector(
      joint->getTerminator()->getOperands().drop_front(numCarries()));
  size_t known = forward.stacked.size();
  llvm::append_range(forward.stacked, residuals);

  OpBuilder b(scan);
  ScanOp augmented = forward.build(b, scan.getLoc());
  SmallVector<Value> results(augmented.getFinals());
  llvm::append_range(results, augmented.getStacked().take_front(known));
  for (ScanParts::Input &input : backward.sequences)
    if (input.operand.getDefiningOp() == scan)
      input.operand = results[cast<OpResult>(input.operand).getResultNumber()];
  scan->replaceAllUsesWith(results);
  for (auto [residual, stack] :
       llvm::zip_equal(residuals, augmented.getStacked().drop_front(known)))
    backward.sequences.push_back({stack, residual});
}

LogicalResult ScanDerivative::build(OpBuilder &b,
                                    MutableArrayRef<Value> operandCotangents) {
  if (failed(differentiateBody()))
    return failure();
  // A cotangent that no iteration hands on is zero: there is at least one.
  if (llvm::none_of(argumentCotangents,
                    [](Value value) { return bool(value); }))
    return success();
  Location loc = scan.getLoc();
  ScanParts backward(joint, static_cast<int64_t>(scan.getCount()),
                     !scan.getReversed());
  OpBuilder inJoint = atJointEnd();

  // What there is to read.
  size_t firstSlice = numCarries();
  size_t firstCapture = firstSlice + scan.getSequences().size();
  for (auto [argument, cotangent] : llvm::zip_equal(stackedCotangents, stacked))
    if (argument)
      backward.sequences.push_back({cotangent, argument});
  for (auto [i, sequence] : llvm::enumerate(scan.getSequences()))
    backward.sequences.push_back(
        {sequence, joint->getArgument(firstSlice + i)});
  for (auto [i, capture] : llvm::enumerate(scan.getCaptures()))
    backward.captures.push_back(
        {capture, joint->getArgument(firstCapture + i)});
  DenseSet<Value> known = backward.arguments();
  for (auto [value, stack] : llvm::zip_equal(
           joint->getTerminator()->getOperands().drop_front(numCarries()),
           scan.getStacked()))
    if (known.insert(value).second)
      backward.sequences.push_back({stack, value});

  // What there is to compute.
  SmallVector<size_t> carryOf(numCarries());
  for (size_t i = 0; i < numCarries(); ++i) {
    if (!reached[i])
      continue;
    Type type = cotangentType(scan.getInits()[i].getType());
    Value next = argumentCotangents[i];
    Value init = finals[i];
    carryOf[i] = backward.carries.size();
    backward.carries.push_back(
        {init ? init : constantLike(b, loc, type, 0), nextCotangents[i],
         next ? next : constantLike(inJoint, loc, type, 0)});
  }
  size_t numSlices = scan.getSequences().size();
  SmallVector<size_t> stackOf(numSlices);
  for (size_t i = 0; i < numSlices; ++i)
    if (Value cotangent = argumentCotangents[firstSlice + i]) {
      stackOf[i] = backward.stacked.size();
      backward.stacked.push_back(cotangent);
    }
  TimeSums sums(backward, inJoint, [&](Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return argument.getArgNumber() < numCarries();
    Operation *op = value.getDefiningOp();
    return isForward(op) && !isRepeated(op);
  });
  SmallVector<TimeSums::Sum> captureSums(scan.getCaptures().size());
  for (size_t i = 0; i < captureSums.size(); ++i)
    if (Value cotangent = argumentCotangents[firstCapture + i])
      captureSums[i] = sums.sumOf(cotangent);

  for (ScanParts::Carry &carry : backward.carries)
    if (!carry.init)
      carry.init = constantLike(b, loc, carry.argument.getType(), 0);

  stackResiduals(findResiduals(backward, sums.getNeeded()), backward);
  ScanOp reverse = backward.build(b, loc);

  for (size_t i = 0; i < numCarries(); ++i)
    if (reached[i] && wanted[i] && argumentCotangents[i])
      operandCotangents[i] = reverse.getFinals()[carryOf[i]];
  for (size_t i = 0; i < numSlices; ++i)
    if (argumentCotangents[firstSlice + i])
      operandCotangents[firstSlice + i] = reverse.getStacked()[stackOf[i]];
  for (auto [i, sum] : llvm::enumerate(captureSums))
    if (sum)
      operandCotangents[firstCapture + i] = sum(b, reverse);
  return success();
}

} // namespace

void ScanOp::buildVJP(OpBuilder &b, ValueRange cotangents,
                      ArrayRef<bool> wanted,
                      MutableArrayRef<Value> operandCotangents) {
  // A failure has been reported where it is; descent-autodiff sees it.
  (void)ScanDerivative(*this, cotangents, wanted).build(b, operandCotangents);
}
