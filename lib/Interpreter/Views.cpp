// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// View operations, through the access that they state of themselves.

#include "Access.h"
#include "Evaluation.h"

using namespace mlir;

namespace descent::interpreter {

FailureOr<Tensors> evaluateView(Operation *op, TensorPointers operands) {
  Tensor result(op->getResult(0).getType());
  Reader reader(cast<ViewOpInterface>(op).getAccess(), *operands[0]);
  auto element = result.values.begin();
  bool complete = forEachPoint(result.shape, [&](ArrayRef<int64_t> point) {
    std::optional<double> value = reader.at(point);
    if (!value) {
      op->emitError("interpreter: ") << reader.describeFault(point);
      return false;
    }
    *element++ = *value;
    return true;
  });
  if (!complete)
    return failure();
  return Tensors{std::move(result)};
}

} // namespace descent::interpreter
