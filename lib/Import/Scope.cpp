// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the ops of a graph are built; see Scope.h.

#include "Scope.h"

using namespace mlir;

namespace descent::import {

Value Scope::control(Location loc, ControlWord word) {
  if (outer)
    return capture(outer->control(loc, word));
  Value &value = words[static_cast<unsigned>(word)];
  if (!value)
    value = b.create<ControlOp>(loc, tensorType({}, b.getI32Type()), word);
  return value;
}

Value Scope::capture(Value value) {
  Value &argument = captured[value];
  if (!argument)
    argument = body->insertArgument(firstCapture + captured.size() - 1,
                                    value.getType(), value.getLoc());
  return argument;
}

SmallVector<Value> Scope::captures() const {
  return llvm::map_to_vector(captured, [](auto &pair) { return pair.first; });
}

Value Scope::iteration(Location loc) {
  if (!outer)
    return {};
  Value before = outer->iteration(loc);
  if (before)
    before = capture(before);
  if (loopCount == 0)
    return before;
  if (!slice)
    slice = body->insertArgument(firstCapture++, tensorType({}, b.getI32Type()),
                                 loc);
  if (!before)
    return slice;
  Value count = constantLike(b, loc, slice.getType(), loopCount);
  Value scaled = b.create<MulOp>(loc, before, count);
  return b.create<AddOp>(loc, slice.getType(), ValueRange{scaled, slice});
}

void Scope::fail() {
  if (outer)
    return outer->fail();
  failed = true;
}

} // namespace descent::import
