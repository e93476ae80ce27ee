// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loop nests: descent.kernel, operations that state their loop nest through
// LoopNestOpInterface, and elementwise operations.

#include "Access.h"
#include "Evaluation.h"
#include "ScalarBody.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
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

/// A combiner and the type of what it combines.
struct Combined {
  Combiner combiner;
  Element element;
};

/// The state of one reduction at one point of the parallel dimensions. Values
/// arrive in row-major order.
class Accumulator {
public:
  explicit Accumulator(const Combined &combined)
      : combiner(combined.combiner), element(combined.element),
        value(combiner == Combiner::product ? 1 : 0) {}

  void add(double next, int64_t position) {
    if (combiner == Combiner::sum) {
      value = wrap(value + next);
    } else if (combiner == Combiner::product) {
      value = isFloat(element) ? value * next
                               : wrap(static_cast<double>(static_cast<uint32_t>(
                                     bits(value) * bits(next))));
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
  Element element;
  double value;
  int64_t index = 0;

  static uint32_t bits(double number) {
    return static_cast<uint32_t>(static_cast<int64_t>(number));
  }

  /// Integers are kept to 32 bits.
  double wrap(double number) const {
    switch (element) {
    case Element::I32:
      return static_cast<int32_t>(bits(number));
    case Element::UI32:
      return bits(number);
    default:
      return number;
    }
  }
};

/// What the two kinds of loop nest have in common.
struct LoopNest {
  Operation *op;
  SmallVector<int64_t> parallel, reduction;
  SmallVector<Combined> combiners;
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

/// Prepares a block whose arguments from the first of `accesses` on are what is
/// read of `tensors`.
static LogicalResult prepare(Computation &computation, Block &block,
                             ValueRange yields, unsigned first,
                             ArrayRef<AccessAttr> accesses,
                             TensorPointers tensors) {
  DenseMap<Value, const Tensor *> whole;
  for (auto [i, access, tensor] : llvm::enumerate(accesses, tensors)) {
    if (isWhole(access))
      whole[block.getArgument(first + i)] = tensor;
    computation.readers.emplace_back(access, *tensor);
  }
  FailureOr<ScalarBody> body = ScalarBody::prepare(block, yields, whole);
  if (failed(body))
    return failure();
  computation.body = std::move(*body);
  return success();
}

static FailureOr<Tensors> evaluateKernel(Operation *op, TensorPointers operands,
                                         Frame &) {
  auto kernel = cast<KernelOp>(op);
  LoopNest nest(op);
  llvm::append_range(nest.parallel, kernel.getParallel());
  llvm::append_range(nest.reduction, kernel.getReduction());
  Block &map = kernel.getMapBlock(), &finish = kernel.getFinishBlock();
  for (auto [combiner, type] :
       llvm::zip(kernel.getCombiners().getAsRange<CombinerAttr>(),
                 map.getTerminator()->getOperandTypes()))
    nest.combiners.push_back({combiner.getValue(), elementOf(type)});
  auto accesses = [](ArrayAttr array) {
    return llvm::to_vector(array.getAsRange<AccessAttr>());
  };
  unsigned numInputs = kernel.getInputs().size();
  if (failed(prepare(nest.map, map, map.getTerminator()->getOperands(), 0,
                     accesses(kernel.getInputAccesses()),
                     operands.take_front(numInputs))) ||
      failed(prepare(nest.finish, finish, finish.getTerminator()->getOperands(),
                     kernel.getNumCombined(),
                     accesses(kernel.getFinishAccesses()),
                     operands.drop_front(numInputs))))
    return failure();
  return nest.run();
}

/// Part after part: what rows know of each other does not matter to values.
static FailureOr<Tensors>
evaluateRowGroup(Operation *op, TensorPointers operands, Frame &frame) {
  return evaluateBody(cast<RowGroupOp>(op).getBlock(), operands, frame);
}

void addKernelEvaluators(EvaluatorTable &table) {
  table[KernelOp::getOperationName()] = evaluateKernel;
  table[RowGroupOp::getOperationName()] = evaluateRowGroup;
}

/// A block whose arguments are the combined values, of the results' types, and
/// whose results are these.
static ScalarBody passThrough(Operation *op) {
  Block block;
  for (Type type : op->getResultTypes())
    block.addArgument(getElementTypeOrSelf(type), op->getLoc());
  return *ScalarBody::prepare(block, block.getArguments());
}

FailureOr<Tensors> evaluateLoopNest(Operation *op, TensorPointers operands) {
  auto interface = cast<LoopNestOpInterface>(op);
  LoopNest nest(op);
  interface.getIterationDomain(nest.parallel, nest.reduction);
  Computation &computation = nest.reduction.empty() ? nest.finish : nest.map;
  Block block;
  SmallVector<AccessAttr> accesses;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    accesses.push_back(interface.getOperandAccess(i));
    block.addArgument(isWhole(accesses.back())
                          ? operand.getType()
                          : getElementTypeOrSelf(operand.getType()),
                      op->getLoc());
  }
  OpBuilder builder(op->getContext());
  builder.setInsertionPointToEnd(&block);
  SmallVector<Value> yields =
      interface.buildScalarBody(builder, block.getArguments());
  for (auto [combiner, value] : llvm::zip(interface.getCombiners(), yields))
    nest.combiners.push_back({combiner, elementOf(value.getType())});
  if (failed(prepare(computation, block, yields, 0, accesses, operands)))
    return failure();
  if (!nest.reduction.empty())
    nest.finish.body = passThrough(op);
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
