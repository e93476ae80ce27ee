// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors made of nothing.

#include "Shapes.h"
#include "Tables.h"

using namespace descent::model;

namespace {

bool inferFull(Inference &op) {
  DType dtype = *parseDType(op.attributes().enumerator("dtype"));
  double value = op.attributes().number("value");
  if (!canHold(dtype, value))
    return op.error("value", std::string(toString(dtype)) + " has no " +
                                 toString(value));
  std::optional<TensorType> type = shapeOfAttribute(op, "shape", dtype);
  return type && give(op, std::move(*type));
}

bool inferIota(Inference &op) {
  std::optional<TensorType> type = shapeOfAttribute(op, "shape", DType::I32);
  return type && normalizeResultAxis(op, "axis", type->rank()) &&
         give(op, std::move(*type));
}

bool inferRandomBits(Inference &op) {
  std::optional<TensorType> type = shapeOfAttribute(op, "shape", DType::I32);
  return type && give(op, std::move(*type));
}

bool inferStep(Inference &op) { return give(op, {DType::I32, {}, -1}); }

bool inferValidRows(Inference &op) { return give(op, {DType::F32, {}, -1}); }

AttrSpec shape() {
  return required("shape", AttrKind::Shape, anyNumber,
                  "all sizes; `batch` where the batch axis is");
}

} // namespace

std::vector<OpSpec> descent::model::sourceOps() {
  return {
      {.name = "full",
       .doc = "One number everywhere.",
       .reference = "torch.full",
       .attributes = {shape(),
                      required("value", AttrKind::Float, anyNumber,
                               "the number, which the dtype must have"),
                      attribute("dtype", AttrKind::DType, std::string("f32"),
                                anyNumber, "the dtype")},
       .infer = inferFull},
      {.name = "iota",
       .doc = "The index along an axis, from 0: i32.",
       .reference = "torch.arange",
       .attributes = {shape(), required("axis", AttrKind::Int, anyNumber,
                                        "the axis, from the back if negative")},
       .infer = inferIota},
      {.name = "random_bits",
       .doc = "31 random bits an element, as i32 of at least 0: other ones at "
              "each step and use, and the same ones in the backward pass.",
       .reference = "torch.randint",
       .attributes = {shape()},
       .infer = inferRandomBits},
      {.name = "step",
       .doc = "The number of the step of training, from 1 on, as an i32 "
              "scalar; 0 in an entry that does not train.",
       .reference = "torch.optim.lr_scheduler.LRScheduler.last_epoch",
       .infer = inferStep},
      {.name = "valid_rows",
       .doc = "How many rows of the batch count in this run, as an f32 scalar; "
              "1 in a model without a batch.",
       .reference = "torch.utils.data.DataLoader",
       .infer = inferValidRows},
  };
}
