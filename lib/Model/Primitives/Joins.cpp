// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What makes a tensor longer: padding and concatenation.

#include "Shapes.h"
#include "Tables.h"

using namespace descent::model;

namespace {

bool inferPad(Inference &op) {
  Attributes &attributes = op.attributes();
  TensorType type = op.operand(0);
  const std::string &mode = attributes.enumerator("mode");
  if (mode == "lowest" && !op.expectNumber(0))
    return false;
  for (std::string_view name : {"low", "high"}) {
    const std::vector<int64_t> &pads = attributes.list(name);
    if (int64_t(pads.size()) != type.rank())
      return op.error(name, quote(name) +
                                " of 'pad' takes one number for each "
                                "axis, got " +
                                std::to_string(pads.size()) + " for " +
                                op.describe(0));
    for (int64_t axis = 0; axis < type.rank(); ++axis) {
      if (!pads[axis])
        continue;
      if (!expectNotBatch(op, axis, 0, name))
        return false;
      int64_t size = op.operand(0).shape[axis];
      if ((mode == "reflect" && pads[axis] >= size) ||
          (mode == "circular" && pads[axis] > size))
        return op.error(name,
                        "a " + mode + " pad must be " +
                            (mode == "reflect" ? "less than" : "at most") +
                            " the size of its axis, got " +
                            std::to_string(pads[axis]) + " for axis " +
                            std::to_string(axis) + " of " + op.describe(0));
      type.shape[axis] += pads[axis];
    }
  }
  return give(op, std::move(type));
}

bool inferConcat(Inference &op) {
  if (!op.normalizeAxis("axis"))
    return false;
  int64_t axis = op.attributes().integer("axis");
  TensorType type = op.operand(0);
  for (size_t i = 0; i < op.numOperands(); ++i) {
    const TensorType &other = op.operand(i);
    if (!op.expect(i, type.dtype))
      return false;
    std::vector<int64_t> expected = op.operand(0).shape;
    if (other.rank() == type.rank())
      expected[axis] = other.shape[axis];
    if (expected != other.shape)
      return op.error("the values of 'concat' may differ along axis " +
                      std::to_string(axis) + " only, got " + op.describe(0) +
                      ", and " + op.describe(i));
    if (!expectNotBatch(op, axis, i))
      return false;
    if (i)
      type.shape[axis] += other.shape[axis];
  }
  size_t source = 0;
  for (size_t i = 0; i < op.numOperands(); ++i)
    if (!joinBatchAxis(op, type, source, i, op.operand(i).batchAxis))
      return false;
  return give(op, std::move(type));
}

} // namespace

std::vector<OpSpec> descent::model::joinOps() {
  return {
      {.name = "pad",
       .doc = "x with elements before and behind each axis.",
       .reference = "torch.nn.functional.pad",
       .operands = {{"x", "any dtype"}},
       .attributes =
           {required("low", AttrKind::Ints, notNegative,
                     "how many before each axis"),
            required("high", AttrKind::Ints, notNegative,
                     "how many behind each axis"),
            {.name = "mode",
             .kind = AttrKind::Enum,
             .defaultValue = std::string("zero"),
             .enumerators = {"zero", "lowest", "edge", "reflect", "circular"},
             .doc = "what they are: zeros, the lowest number (of floats minus "
                    "infinity), the nearest element, the elements mirrored at "
                    "the first and last (fewer than the axis has), or those of "
                    "the other end"}},
       .infer = inferPad},
      {.name = "concat",
       .doc = "Joins values along an axis; the others must agree, and the "
              "dtypes.",
       .reference = "torch.cat",
       .operands = {{"values", "one or more, of any dtype"}},
       .variadic = true,
       .attributes = {axis(1)},
       .infer = inferConcat},
  };
}
