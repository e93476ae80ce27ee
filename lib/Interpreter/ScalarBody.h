// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar computations: one operation on numbers, and a block of them prepared
// for evaluation at many points.

#ifndef DESCENT_LIB_INTERPRETER_SCALARBODY_H
#define DESCENT_LIB_INTERPRETER_SCALARBODY_H

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Interpreter/Tensor.h"
#include <functional>

namespace descent::interpreter {

/// Computes an operation's one result from its operands, all scalars, at a
/// point of the iteration space.
using ScalarFunction = std::function<double(llvm::ArrayRef<double> operands,
                                            llvm::ArrayRef<int64_t> point)>;

/// The function of an operation by its name, with its attributes bound; empty
/// if the operation is none that works on scalars.
ScalarFunction scalarFunction(mlir::Operation *op);

/// Whether operations of this name have a scalar function.
bool hasScalarFunction(mlir::OperationName name);

/// A block of scalar operations.
class ScalarBody {
public:
  /// Prepares `block`, whose results are `yields`; reports an operation that
  /// has no scalar function. `whole` has the tensors that block arguments
  /// stand for; it must live as long as the body. What run() is given for these
  /// arguments does not matter.
  static mlir::FailureOr<ScalarBody>
  prepare(mlir::Block &block, mlir::ValueRange yields,
          const llvm::DenseMap<mlir::Value, const Tensor *> &whole = {});

  /// The values of the yields, valid until the next call.
  llvm::ArrayRef<double> run(llvm::ArrayRef<double> arguments,
                             llvm::ArrayRef<int64_t> point);

private:
  struct Step {
    ScalarFunction function;
    llvm::SmallVector<unsigned> operands;
    unsigned result;
  };
  std::vector<Step> steps;
  llvm::SmallVector<unsigned> yields;
  std::vector<double> slots, operands, results;
};

} // namespace descent::interpreter

#endif // DESCENT_LIB_INTERPRETER_SCALARBODY_H
