// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations with bodies: verifiers, builders, and what custom is made of.

#include "descent/Dialect/Descent/Differentiate.h"
#include "descent/Dialect/Descent/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace descent;

//===----------------------------------------------------------------------===//
// What bodies share
//===----------------------------------------------------------------------===//

/// Checks the values that a body takes or returns, described by `what`.
static LogicalResult verifyTypes(Operation *op, const Twine &what,
                                 TypeRange found, TypeRange expected) {
  if (found.size() != expected.size())
    return op->emitOpError("expected ") << what << " of " << expected.size()
                                        << " values, got " << found.size();
  for (auto [i, types] : llvm::enumerate(llvm::zip(found, expected)))
    if (std::get<0>(types) != std::get<1>(types))
      return op->emitOpError("expected ")
             << what << " with value " << i << " of type " << std::get<1>(types)
             << ", got " << std::get<0>(types);
  return success();
}

/// Checks that a body is closed: it ends with its values, has no effects, and
/// reads nothing but its arguments.
static LogicalResult verifyBody(Operation *op, Block &body) {
  if (body.empty() || !isa<ReturnOp>(body.back()))
    return op->emitOpError("expected bodies that end with descent.return");
  auto refuse = [&](Operation &inner, const Twine &what) {
    auto error = inner.emitOpError(what);
    error.attachNote(op->getLoc()) << "the body belongs to this operation";
    return error;
  };
  for (Operation &inner : body) {
    if (isa<SymbolUserOpInterface>(inner))
      return refuse(inner, "names an input or state in the body of '" +
                               op->getName().getStringRef() +
                               "'; do that outside, and give the body the "
                               "value as an operand");
    if (!isMemoryEffectFree(&inner))
      return refuse(inner, "has effects, but stands in the body of '" +
                               op->getName().getStringRef() +
                               "', which may only compute");
  }
  return success();
}

/// Clones a body with its arguments replaced; the values that it returns.
static SmallVector<Value> inlineBody(OpBuilder &b, Block &body,
                                     ValueRange arguments) {
  IRMapping mapping;
  mapping.map(body.getArguments(), arguments);
  for (Operation &op : body.without_terminator())
    b.clone(op, mapping);
  return llvm::map_to_vector(
      body.getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookupOrDefault(value); });
}

//===----------------------------------------------------------------------===//
// custom
//===----------------------------------------------------------------------===//

LogicalResult CustomOp::verifyRegions() {
  if (failed(verifyBody(*this, getForwardBlock())) ||
      failed(verifyBody(*this, getVjpBlock())))
    return failure();
  SmallVector<Type> vjpArguments(getOperandTypes());
  llvm::append_range(vjpArguments, getResultTypes());
  llvm::append_range(vjpArguments, getResultTypes());
  struct Part {
    const char *what;
    TypeRange found, expected;
  } parts[] = {
      {"'forward' to take the operands: a list",
       getForwardBlock().getArgumentTypes(), getOperandTypes()},
      {"'forward' to return the results: a list",
       getForwardBlock().getTerminator()->getOperandTypes(), getResultTypes()},
      {"'vjp' to take operands, results and the results' cotangents: a list",
       getVjpBlock().getArgumentTypes(), vjpArguments},
      {"'vjp' to return a cotangent of each operand: a list",
       getVjpBlock().getTerminator()->getOperandTypes(), getOperandTypes()}};
  for (const Part &part : parts)
    if (failed(verifyTypes(*this, part.what, part.found, part.expected)))
      return failure();
  return success();
}

SmallVector<Value> CustomOp::decompose(OpBuilder &b) {
  return inlineBody(b, getForwardBlock(), getOperands());
}

void CustomOp::buildVJP(OpBuilder &b, ValueRange cotangents, ArrayRef<bool>,
                        MutableArrayRef<Value> operandCotangents) {
  // Between the region's types and those of cotangents.
  auto convert = [&](Value value, Type type) -> Value {
    return value.getType() == type ? value
                                   : b.create<CastOp>(getLoc(), type, value);
  };
  SmallVector<Value> arguments(getOperands());
  llvm::append_range(arguments, getResults());
  for (auto [result, cotangent] : llvm::zip_equal(getResults(), cotangents))
    arguments.push_back(cotangent
                            ? convert(cotangent, result.getType())
                            : constantLike(b, getLoc(), result.getType(), 0));
  for (auto [operand, cotangent, result] :
       llvm::zip_equal(getOperands(), inlineBody(b, getVjpBlock(), arguments),
                       operandCotangents))
    result = convert(cotangent, cotangentType(operand.getType()));
}

//===----------------------------------------------------------------------===//
// scan
//===----------------------------------------------------------------------===//

static RankedTensorType stackedType(Type slice, int64_t count) {
  auto tensor = cast<RankedTensorType>(slice);
  SmallVector<int64_t> shape{count};
  llvm::append_range(shape, tensor.getShape());
  return tensorType(shape, tensor.getElementType());
}

void ScanOp::build(OpBuilder &b, OperationState &state, int64_t count,
                   bool reversed, ValueRange inits, ValueRange sequences,
                   ValueRange captures, Block *body) {
  SmallVector<Type> stacked;
  for (Type slice : ValueRange(body->getTerminator()->getOperands())
                        .drop_front(inits.size())
                        .getTypes())
    stacked.push_back(stackedType(slice, count));
  build(b, state, inits.getTypes(), stacked, count, reversed, inits, sequences,
        captures);
  state.regions.front()->push_back(body);
}

LogicalResult ScanOp::verify() {
  int64_t count = static_cast<int64_t>(getCount());
  if (count < 1)
    return emitOpError("expected a count of at least 1, got ") << count;
  for (auto [i, sequence] : llvm::enumerate(getSequences())) {
    auto type = cast<RankedTensorType>(sequence.getType());
    if (type.getRank() < 1 || type.getDimSize(0) != count)
      return emitOpError("expected sequence ")
             << i << " to have " << count
             << " slices along its leading dimension, got " << type;
  }
  return verifyTypes(*this,
                     "final values of the types of the initial ones: a "
                     "list",
                     getFinals().getTypes(), getInits().getTypes());
}

LogicalResult ScanOp::verifyRegions() {
  if (failed(verifyBody(*this, getBodyBlock())))
    return failure();
  SmallVector<Type> arguments(getInits().getTypes()), returned(arguments);
  for (Value sequence : getSequences()) {
    auto type = cast<RankedTensorType>(sequence.getType());
    arguments.push_back(
        tensorType(type.getShape().drop_front(), type.getElementType()));
  }
  llvm::append_range(arguments, getCaptures().getTypes());
  for (auto [i, result] : llvm::enumerate(getStacked())) {
    auto type = cast<RankedTensorType>(result.getType());
    if (type.getRank() < 1 ||
        type.getDimSize(0) != static_cast<int64_t>(getCount()))
      return emitOpError("expected stacked result ")
             << i << " to have the leading dimension " << getCount() << ", got "
             << type;
    returned.push_back(
        tensorType(type.getShape().drop_front(), type.getElementType()));
  }
  if (failed(verifyTypes(*this,
                         "a body that takes carried values, slices and "
                         "captures: a list",
                         getBodyBlock().getArgumentTypes(), arguments)))
    return failure();
  return verifyTypes(*this,
                     "a body that returns the next carried values, then the "
                     "values to stack: a list",
                     getReturn().getOperandTypes(), returned);
}
