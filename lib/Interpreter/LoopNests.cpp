// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loop nests: descent.kernel, operations that state their loop nest through
// LoopNestOpInterface, and elementwise operations.

#include "Access.h"
#include "Evaluation.h"
#include "ScalarBody.h"
#include <cmath>

using namespace mlir;

namespace descent::interpreter {

namespace {

/// A computation at the points of an iteration space from elements of tensors.
struct Computation {
  std::vector<Reader> readers;
  ScalarBody body;

  /// Runs the body on `leading` values followed by the elements that are read;
  /// empty where a read is out of bounds, with the reader at fault in `fault`.
  std::optional<ArrayRef<double>> at(ArrayRef<int64_t> point,
                                     ArrayRef<double> leading = {}) {
    arguments.assign(leading.begin(), leading.end());
    for (const Reader &reader : readers) {
      std::optional<double> value = reader.at(point);
      if (!value) {
        fault = &reader;
        return std::nullopt;
      }
      arguments.push_back(*value);
    }
    return body.run(arguments, point);
  }

  const Reader *fault = nullptr;

private:
  std::vector<double> arguments;
};

/// The state of one reduction at one point of the parallel dimensions. Values
/// arrive in row-major order.
class Accumulator {
public:
  explicit Accumulator(Combiner combiner) : combiner(combiner) {}

  void add(double next, int64_t position) {
    if (combiner == Combiner::sum) {
      value += next;
    } else if (position == 0 ||
               (!std::isnan(value) && (std::isnan(next) || next > value))) {
      value = next;
      index = position;
    }
  }

  void appendTo(SmallVectorImpl<double> &combined) const {
    combined.push_back(value);
    if (combiner == Combiner::max_index)
      combined.push_back(static_cast<double>(index));
  }

private:
  Combiner combiner;
  double value = 0;
  int64_t index = 0;
};

/// What the two kinds of loop nest have in common.
struct LoopNest {
  Operation *op;
  SmallVector<int64_t> parallel, reduction;
  SmallVector<Combiner> combiners;
  Computation map, finish;

  explicit LoopNest(Operation *op) : op(op) {}

  LogicalResult report(const Computation &computation,
                       ArrayRef<int64_t> point) {
    return op->emitError("interpreter: ")
           << computation.fault->describeFault(point);
  }

  /// Combines over the reduction dimensions at one point of the parallel ones.
  LogicalResult reduce(ArrayRef<int64_t> point,
                       SmallVectorImpl<double> &combined) {
    SmallVector<Accumulator> accumulators(combiners.begin(), combiners.end());
    SmallVector<int64_t> whole(point);
    int64_t position = 0;
    bool complete = forEachPoint(reduction, [&](ArrayRef<int64_t> inner) {
      whole.resize(point.size());
      whole.append(inner.begin(), inner.end());
      auto values = map.at(whole);
      if (!values) {
        (void)report(map, whole);
        return false;
      }
      for (auto [accumulator, value] : llvm::zip_equal(accumulators, *values))
        accumulator.add(value, position);
      ++position;
      return true;
    });
    if (!complete)
      return failure();
    for (const Accumulator &accumulator : accumulators)
      accumulator.appendTo(combined);
    return success();
  }

  FailureOr<Tensors> run() {
    Tensors results;
    for (Type type : op->getResultTypes())
      results.emplace_back(type);
    int64_t position = 0;
    SmallVector<double> combined;
    bool complete = forEachPoint(parallel, [&](ArrayRef<int64_t> point) {
      combined.clear();
      if (!reduction.empty() && failed(reduce(point, combined)))
        return false;
      auto values = finish.at(point, combined);
      if (!values) {
        (void)report(finish, point);
        return false;
      }
      for (auto [result, value] : llvm::zip_equal(results, *values))
        result.values[position] = value;
      ++position;
      return true;
    });
    if (!complete)
      return failure();
    return results;
  }
};

} // namespace

static FailureOr<ScalarBody> prepareBlock(Block &block) {
  return ScalarBody::prepare(block, block.getTerminator()->getOperands());
}

static FailureOr<Tensors> evaluateKernel(Operation *op, TensorPointers operands,
                                         Frame &) {
  auto kernel = cast<KernelOp>(op);
  LoopNest nest(op);
  llvm::append_range(nest.parallel, kernel.getParallel());
  llvm::append_range(nest.reduction, kernel.getReduction());
  for (auto combiner : kernel.getCombiners().getAsRange<CombinerAttr>())
    nest.combiners.push_back(combiner.getValue());
  unsigned numInputs = kernel.getInputs().size();
  for (auto [i, tensor] : llvm::enumerate(operands))
    if (i < numInputs)
      nest.map.readers.emplace_back(kernel.getInputAccess(i), *tensor);
    else
      nest.finish.readers.emplace_back(kernel.getFinishAccess(i - numInputs),
                                       *tensor);
  FailureOr<ScalarBody> map = prepareBlock(kernel.getMapBlock());
  FailureOr<ScalarBody> finish = prepareBlock(kernel.getFinishBlock());
  if (failed(map) || failed(finish))
    return failure();
  nest.map.body = std::move(*map);
  nest.finish.body = std::move(*finish);
  return nest.run();
}

void addKernelEvaluators(EvaluatorTable &table) {
  table[KernelOp::getOperationName()] = evaluateKernel;
}

/// A block whose arguments are what the combiners give, and whose results are
/// these.
static ScalarBody passThrough(ArrayRef<Combiner> combiners, Operation *op) {
  Builder builder(op->getContext());
  Block block;
  for (Combiner combiner : combiners) {
    block.addArgument(builder.getF32Type(), op->getLoc());
    if (combiner == Combiner::max_index)
      block.addArgument(builder.getI32Type(), op->getLoc());
  }
  return *ScalarBody::prepare(block, block.getArguments());
}

FailureOr<Tensors> evaluateLoopNest(Operation *op, TensorPointers operands) {
  auto interface = cast<LoopNestOpInterface>(op);
  LoopNest nest(op);
  interface.getIterationDomain(nest.parallel, nest.reduction);
  nest.combiners = interface.getCombiners();
  Computation &computation = nest.reduction.empty() ? nest.finish : nest.map;
  Block block;
  for (auto [i, tensor] : llvm::enumerate(operands)) {
    computation.readers.emplace_back(interface.getOperandAccess(i), *tensor);
    block.addArgument(getElementTypeOrSelf(op->getOperand(i).getType()),
                      op->getLoc());
  }
  OpBuilder builder(op->getContext());
  builder.setInsertionPointToEnd(&block);
  SmallVector<Value> yields =
      interface.buildScalarBody(builder, block.getArguments());
  FailureOr<ScalarBody> body = ScalarBody::prepare(block, yields);
  if (failed(body))
    return failure();
  computation.body = std::move(*body);
  if (!nest.reduction.empty())
    nest.finish.body = passThrough(nest.combiners, op);
  return nest.run();
}

FailureOr<Tensors> evaluateElementwise(Operation *op, TensorPointers operands) {
  ScalarFunction function = scalarFunction(op);
  Tensor result(op->getResult(0).getType());
  std::vector<double> elements(operands.size());
  for (int64_t position = 0; position < result.size(); ++position) {
    for (auto [element, operand] : llvm::zip_equal(elements, operands))
      element = operand->values[position];
    result.values[position] = function(elements, {});
  }
  return Tensors{std::move(result)};
}

} // namespace descent::interpreter
