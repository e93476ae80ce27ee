// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results of the primitive ops: shapes, dtypes, batch axes, and the reasons for
// which there are none.

#include "../../../lib/Model/Inference.h"
#include <gtest/gtest.h>

using namespace descent::model;

namespace {

using Sizes = std::vector<int64_t>;

TensorType tensor(Sizes shape, int batchAxis = -1, DType dtype = DType::F32) {
  return {dtype, std::move(shape), batchAxis};
}

struct Outcome {
  std::vector<TensorType> types;
  Attributes attributes;
  std::string error;
  Inference::Facts facts;
};

using Given = std::vector<std::pair<std::string_view, AttrValue>>;

/// Uses an op in a model with batches of 4. Its operands are called a, b, ...
Outcome infer(std::string_view name, const std::vector<TensorType> &operands,
              const Given &given = {}) {
  Outcome outcome;
  const OpSpec *op = lookup(name);
  EXPECT_TRUE(op && op->isPrimitive() && op->infer) << name;
  Node node;
  node.op = op;
  AttrLocations locations;
  for (const AttrSpec &spec : op->attributes)
    node.attributes.set(spec.name, spec.defaultValue);
  for (const auto &[key, value] : given) {
    EXPECT_TRUE(op->attribute(key)) << name << "." << key;
    node.attributes.set(key, value);
    locations[key] = {};
  }
  std::vector<Inference::Operand> described;
  for (size_t i = 0; i < operands.size(); ++i)
    described.push_back({operands[i], toString(operands[i].shape) + " from " +
                                          std::string(1, char('a' + i))});
  Inference inference(
      *op, node, described, std::vector<bool>(op->operands.size(), true),
      locations, 4, [&](Location, std::string message) {
        EXPECT_EQ(outcome.error, "") << "then also: " << message;
        outcome.error = std::move(message);
      });
  bool isSound = op->infer(inference);
  EXPECT_EQ(isSound, outcome.error.empty()) << name;
  EXPECT_EQ(isSound, !node.types.empty()) << name;
  outcome.types = node.types;
  outcome.attributes = node.attributes;
  outcome.facts = inference.conclusions();
  return outcome;
}

TensorType typeOf(std::string_view name,
                  const std::vector<TensorType> &operands,
                  const Given &given = {}) {
  Outcome outcome = infer(name, operands, given);
  EXPECT_EQ(outcome.error, "") << name;
  return outcome.types.empty() ? TensorType{} : outcome.types.front();
}

std::string errorOf(std::string_view name,
                    const std::vector<TensorType> &operands,
                    const Given &given = {}) {
  return infer(name, operands, given).error;
}

TEST(Inference, PromotesDTypes) {
  auto sum = [](DType a, DType b) {
    return typeOf("add", {tensor({2}, -1, a), tensor({2}, -1, b)}).dtype;
  };
  EXPECT_EQ(sum(DType::Bool, DType::I32), DType::I32);
  EXPECT_EQ(sum(DType::U32, DType::F16), DType::F16);
  EXPECT_EQ(sum(DType::F16, DType::BF16), DType::F32);
  EXPECT_EQ(sum(DType::BF16, DType::F32), DType::F32);
  EXPECT_EQ(sum(DType::F64, DType::F32), DType::F64);
  TensorType i32 = tensor({2}, -1, DType::I32),
             u32 = tensor({}, -1, DType::U32);
  EXPECT_EQ(errorOf("mul", {i32, u32}),
            "the values of 'mul' are i32 and u32, and neither stands for both: "
            "[2] from a, and [] from b; cast one of them");
  TensorType flag = tensor({2}, -1, DType::Bool);
  EXPECT_EQ(errorOf("add", {flag, flag}),
            "'add' takes numbers (cast bools first), got bool [2] from a, and "
            "bool [2] from b");
  EXPECT_EQ(typeOf("bit_and", {flag, flag}), flag);
  EXPECT_EQ(typeOf("bit_xor", {flag, i32}), i32);
  EXPECT_NE(errorOf("bit_not", {tensor({2})}), "");
  EXPECT_NE(errorOf("shift_left", {flag, flag}), "");
  EXPECT_NE(errorOf("pow", {i32, i32}), "");
  EXPECT_EQ(typeOf("pow", {tensor({2}), i32}), tensor({2}));
  EXPECT_EQ(typeOf("less", {i32, tensor({2})}), flag);
  EXPECT_EQ(typeOf("equal", {flag, flag}), flag);
  EXPECT_EQ(typeOf("neg", {i32}), i32);
  EXPECT_EQ(errorOf("exp", {i32}), "expected floats, got i32 [2] from a");
  EXPECT_EQ(typeOf("is_finite", {tensor({2})}), flag);
  EXPECT_EQ(typeOf("cast", {flag}, {{"dtype", std::string("bf16")}}).dtype,
            DType::BF16);
  // A condition is no value.
  EXPECT_EQ(typeOf("where", {flag, flag, flag}), flag);
  EXPECT_EQ(typeOf("where", {flag, i32, tensor({3, 1})}), tensor({3, 2}));
  EXPECT_EQ(errorOf("where", {i32, i32, i32}),
            "expected bool, got i32 [2] from a");
}

TEST(Inference, Broadcasts) {
  EXPECT_EQ(typeOf("add", {tensor({3, 1}), tensor({5, 1, 2}), tensor({})}),
            tensor({5, 3, 2}));
  EXPECT_EQ(errorOf("sub", {tensor({3, 4}), tensor({3})}),
            "the values of 'sub' have different shapes: [3, 4] from a, and [3] "
            "from b; aligned from the right, sizes must be equal or 1");
  EXPECT_EQ(typeOf("add", {tensor({2}, -1)}), tensor({2}));
  // The batch axis is that of any operand, where it comes to stand.
  EXPECT_EQ(typeOf("mul", {tensor({4}, 0), tensor({3, 1})}), tensor({3, 4}, 1));
  EXPECT_EQ(typeOf("mul", {tensor({4, 3}, 0), tensor({4, 1}, 0)}),
            tensor({4, 3}, 0));
  EXPECT_EQ(errorOf("mul", {tensor({4, 1}, 0), tensor({4}, 0)}),
            "the values of 'mul' have different batch axes: axis 0 of the "
            "result would be that of [4, 1] from a, and axis 1 that of [4] "
            "from b");
  EXPECT_EQ(errorOf("mul", {tensor({1, 3}, 0), tensor({7, 3})}),
            "the batch axis, of size 1, of [1, 3] from a would be repeated "
            "along that of [7, 3] from b");
  EXPECT_EQ(errorOf("mul", {tensor({100000, 1}), tensor({100000})}),
            "the result of 'mul' [100000, 100000] is too large: a tensor has "
            "fewer than 2^31 elements");
}

TEST(Inference, Reduces) {
  TensorType x = tensor({4, 3, 5}, 0);
  EXPECT_EQ(typeOf("sum", {x}), tensor({}));
  EXPECT_EQ(typeOf("sum", {x}, {{"axes", Sizes{-1}}}), tensor({4, 3}, 0));
  EXPECT_EQ(typeOf("prod", {tensor({3, 4}, 1)}, {{"axes", Sizes{0}}}),
            tensor({4}, 0));
  EXPECT_EQ(typeOf("amax", {x}, {{"axes", Sizes{-1, 0}}, {"keepdims", true}}),
            tensor({1, 3, 1}));
  EXPECT_EQ(infer("sum", {x}, {{"axes", Sizes{-1, 0}}}).attributes.list("axes"),
            (Sizes{0, 2}));
  EXPECT_EQ(infer("sum", {x}).attributes.list("axes"), (Sizes{0, 1, 2}));
  EXPECT_EQ(typeOf("sum", {tensor({})}), tensor({}));
  EXPECT_NE(errorOf("sum", {x}, {{"axes", Sizes{3}}}), "");
  EXPECT_NE(errorOf("sum", {x}, {{"axes", Sizes{1, -2}}}), "");
  EXPECT_NE(errorOf("sum", {tensor({2}, -1, DType::Bool)}), "");
  EXPECT_EQ(typeOf("count", {tensor({4}, 0, DType::Bool)}), tensor({}));
  Outcome max = infer("max_with_index", {x}, {{"axes", Sizes{1}}});
  EXPECT_EQ(max.types,
            (std::vector{tensor({4, 5}, 0), tensor({4, 5}, 0, DType::I32)}));
  EXPECT_EQ(errorOf("max_with_index", {x}, {{"axes", Sizes{0}}}),
            "'max_with_index' along the batch axis would mix samples");
}

TEST(Inference, MultipliesMatrices) {
  auto product = [](TensorType a, TensorType b) {
    return typeOf("matmul", {std::move(a), std::move(b)});
  };
  EXPECT_EQ(product(tensor({3}), tensor({3})), tensor({}));
  EXPECT_EQ(product(tensor({3}), tensor({3, 5})), tensor({5}));
  EXPECT_EQ(product(tensor({2, 3}), tensor({3})), tensor({2}));
  EXPECT_EQ(product(tensor({2, 3}), tensor({3, 5})), tensor({2, 5}));
  EXPECT_EQ(product(tensor({3}), tensor({7, 3, 5})), tensor({7, 5}));
  EXPECT_EQ(product(tensor({7, 2, 3}), tensor({3})), tensor({7, 2}));
  EXPECT_EQ(product(tensor({6, 1, 2, 3}), tensor({7, 3, 5})),
            tensor({6, 7, 2, 5}));
  // Batch axes of rows, of columns, of matrices; a contracted one is gone.
  EXPECT_EQ(product(tensor({4, 3}, 0), tensor({3, 5})), tensor({4, 5}, 0));
  EXPECT_EQ(product(tensor({2, 3}), tensor({3, 4}, 1)), tensor({2, 4}, 1));
  EXPECT_EQ(product(tensor({3}), tensor({3, 4}, 1)), tensor({4}, 0));
  EXPECT_EQ(product(tensor({3, 4}, 1), tensor({4, 5}, 0)), tensor({3, 5}));
  EXPECT_EQ(product(tensor({4, 2, 3}, 0), tensor({4, 3, 5}, 0)),
            tensor({4, 2, 5}, 0));
  EXPECT_EQ(product(tensor({2, 3}), tensor({4, 3, 5}, 0)),
            tensor({4, 2, 5}, 0));
  EXPECT_EQ(errorOf("matmul", {tensor({4, 3}, 0), tensor({3, 4}, 1)}),
            "the values of 'matmul' have different batch axes: axis 0 of the "
            "result would be that of [4, 3] from a, and axis 1 that of [3, 4] "
            "from b");
  EXPECT_EQ(errorOf("matmul", {tensor({2, 3}), tensor({4, 5})}),
            "the last axis of the left side of 'matmul' must be as large as "
            "the last but one axis of the right side: [2, 3] from a, and [4, "
            "5] from b");
  EXPECT_NE(errorOf("matmul", {tensor({}), tensor({3})}), "");
  EXPECT_NE(errorOf("matmul", {tensor({2, 2, 3}), tensor({3, 3, 3})}), "");
  TensorType i32 = tensor({3}, -1, DType::I32);
  EXPECT_NE(errorOf("matmul", {i32, i32}), "");
}

TEST(Inference, ContractsByEquations) {
  auto einsum = [](std::string equation, TensorType a, TensorType b) {
    return infer("einsum", {std::move(a), std::move(b)},
                 {{"equation", std::move(equation)}});
  };
  Outcome outcome = einsum("n c h w, o h -> n c o w", tensor({4, 3, 8, 8}, 0),
                           tensor({5, 8}));
  EXPECT_EQ(outcome.types, std::vector{tensor({4, 3, 5, 8}, 0)});
  EXPECT_EQ(outcome.attributes.enumerator("equation"), "abcd,ec->abed");
  // Letters that stand once are the result's, in alphabetical order.
  EXPECT_EQ(einsum("bj,ja", tensor({2, 3}), tensor({3, 5})).types,
            std::vector{tensor({5, 2})});
  EXPECT_EQ(einsum("i,j->", tensor({2}), tensor({3})).types,
            std::vector{tensor({})});
  EXPECT_EQ(einsum("ni,nj->ij", tensor({4, 2}, 0), tensor({4, 3}, 0)).types,
            std::vector{tensor({2, 3})});
  EXPECT_NE(einsum("ni,mi->nm", tensor({4, 2}, 0), tensor({4, 2}, 0)).error,
            "");
  const char *const hint = ": an equation of 'einsum' is like 'ij,jk->ik'";
  TensorType matrix = tensor({2, 2});
  EXPECT_EQ(einsum("ij->ij", matrix, matrix).error,
            std::string("expected the letters of two operands, got 'ij->ij'") +
                hint);
  EXPECT_EQ(einsum("ii,ij->j", matrix, matrix).error,
            std::string("'i' stands twice in 'ii'") + hint);
  EXPECT_EQ(einsum("ij,jk->il", matrix, matrix).error,
            std::string("'l' of the result is not in an operand") + hint);
  EXPECT_EQ(einsum("i.,jk->i", matrix, matrix).error,
            std::string("expected letters, got '.'") + hint);
  EXPECT_NE(einsum("ijk,jk->i", matrix, matrix).error, "");
  EXPECT_EQ(einsum("ij,jk->ik", matrix, tensor({3, 2})).error,
            "'j' has different sizes: [2, 2] from a, and [3, 2] from b");
}

TEST(Inference, Convolves) {
  TensorType x = tensor({4, 6, 9, 8}, 0);
  EXPECT_EQ(typeOf("convolution", {x, tensor({8, 6, 3, 3})}),
            tensor({4, 8, 7, 6}, 0));
  EXPECT_EQ(typeOf("convolution", {x, tensor({8, 3, 3, 2})},
                   {{"stride", Sizes{2}},
                    {"pad_low", Sizes{1, 0}},
                    {"pad_high", Sizes{2, 1}},
                    {"dilation", Sizes{2, 3}},
                    {"groups", int64_t(2)}}),
            tensor({4, 8, 4, 3}, 0));
  EXPECT_EQ(typeOf("convolution", {tensor({1, 2, 5}), tensor({3, 2, 5})}),
            tensor({1, 3, 1}));
  EXPECT_EQ(errorOf("convolution", {x, tensor({8, 6, 3, 11})},
                    {{"pad_low", Sizes{1}}, {"pad_high", Sizes{1}}}),
            "the kernel's width 11 is larger than the padded input's, 8 + 2 * "
            "1: [4, 6, 9, 8] from a");
  EXPECT_EQ(errorOf("convolution", {x, tensor({8, 6, 5, 1})},
                    {{"dilation", Sizes{3}}, {"pad_high", Sizes{1}}}),
            "the kernel's height 5, dilated to 13, is larger than the padded "
            "input's, 9 + 0 + 1: [4, 6, 9, 8] from a");
  EXPECT_EQ(errorOf("convolution", {tensor({6, 8}), tensor({8, 6, 3, 3})}),
            "expected 4 dimensions (N,C,H,W) as the kernel has, got [6, 8] "
            "from a");
  EXPECT_NE(errorOf("convolution", {tensor({6, 4, 9, 8}, 1), x}), "");
  EXPECT_NE(errorOf("convolution", {x, tensor({4, 6, 3, 3}, 0)}), "");
  EXPECT_NE(errorOf("convolution", {x, tensor({8, 5, 3, 3})}), "");
  EXPECT_EQ(errorOf("convolution", {x, tensor({8, 2, 3, 3})},
                    {{"groups", int64_t(4)}}),
            "groups 4 does not divide the 6 channels of [4, 6, 9, 8] from a");
  EXPECT_EQ(errorOf("convolution", {x, tensor({8, 6, 3, 3})},
                    {{"stride", Sizes{1, 2, 3}}}),
            "'stride' of 'convolution' takes one number or 2, got 3");

  EXPECT_EQ(typeOf("convolution_transpose", {x, tensor({6, 5, 3, 4})},
                   {{"stride", Sizes{2, 3}},
                    {"pad", Sizes{1, 0}},
                    {"output_pad", Sizes{1, 2}},
                    {"dilation", Sizes{1, 2}},
                    {"groups", int64_t(2)}}),
            tensor({4, 10, 18, 30}, 0));
  EXPECT_NE(errorOf("convolution_transpose", {x, tensor({6, 5, 3, 3})},
                    {{"output_pad", Sizes{1}}}),
            "");
  EXPECT_NE(errorOf("convolution_transpose", {x, tensor({6, 5, 3, 3})},
                    {{"pad", Sizes{6}}}),
            "");
  EXPECT_NE(errorOf("convolution_transpose", {x, tensor({5, 5, 3, 3})}), "");
}

TEST(Inference, Windows) {
  EXPECT_EQ(typeOf("windows", {tensor({4, 3, 9, 8}, 0)},
                   {{"axes", Sizes{-2, 3}},
                    {"kernel", Sizes{3, 2}},
                    {"stride", Sizes{2}},
                    {"dilation", Sizes{1, 3}}}),
            tensor({4, 3, 4, 3, 3, 2}, 0));
  EXPECT_EQ(
      errorOf(
          "windows", {tensor({5})},
          {{"axes", Sizes{0}}, {"kernel", Sizes{3}}, {"dilation", Sizes{3}}}),
      "a window of 3, dilated to 7, is larger than axis 0 of [5] from a");
  EXPECT_NE(errorOf("windows", {tensor({5, 5})},
                    {{"axes", Sizes{1, 0}}, {"kernel", Sizes{3}}}),
            "");
  EXPECT_NE(errorOf("windows", {tensor({4, 5}, 0)},
                    {{"axes", Sizes{0}}, {"kernel", Sizes{3}}}),
            "");
}

TEST(Inference, Reshapes) {
  TensorType x = tensor({4, 3, 5}, 0);
  auto reshape = [](const TensorType &x, Sizes shape) {
    return infer("reshape", {x}, {{"shape", std::move(shape)}});
  };
  EXPECT_EQ(reshape(x, {batchDim, -1}).types, std::vector{tensor({4, 15}, 0)});
  // The batch axis may move where nothing but ones come before it.
  EXPECT_EQ(reshape(x, {1, batchDim, 15}).types,
            std::vector{tensor({1, 4, 15}, 1)});
  EXPECT_EQ(reshape(tensor({2, 3, 4}, 2), {6, batchDim}).types,
            std::vector{tensor({6, 4}, 1)});
  EXPECT_EQ(reshape(x, {batchDim, -1}).attributes.list("shape"),
            (Sizes{4, 15}));
  EXPECT_EQ(reshape(tensor({}), {1}).types, std::vector{tensor({1})});
  EXPECT_EQ(reshape(tensor({1}), {}).types, std::vector{tensor({})});
  EXPECT_EQ(reshape(x, {-1, 5}).error,
            "expected \"batch\" as first size, since it is the first axis of "
            "[4, 3, 5] from a");
  EXPECT_EQ(reshape(x, {15, batchDim}).error,
            "reshaping to [15, 4] with the batch as axis 1 would mix samples: "
            "it is axis 0 of [4, 3, 5] from a, behind another number of "
            "elements");
  EXPECT_EQ(reshape(x, {batchDim, 7, -1}).error,
            "the other sizes do not divide the 60 elements of [4, 3, 5] from "
            "a");
  EXPECT_EQ(reshape(x, {batchDim, 14}).error,
            "cannot reshape the 60 elements of [4, 3, 5] from a to [4, 14]");
  EXPECT_EQ(reshape(tensor({8}), {batchDim, 2}).error,
            "there is no batch axis in [8] from a");
  EXPECT_NE(reshape(tensor({8}), {0, -1}).error, "");
}

TEST(Inference, Rearranges) {
  TensorType x = tensor({4, 3, 5}, 0);
  EXPECT_EQ(typeOf("permute", {x}, {{"axes", Sizes{2, 0, -2}}}),
            tensor({5, 4, 3}, 1));
  EXPECT_NE(errorOf("permute", {x}, {{"axes", Sizes{0, 1}}}), "");

  auto broadcast = [](const TensorType &x, Sizes shape) {
    return infer("broadcast_to", {x}, {{"shape", std::move(shape)}});
  };
  EXPECT_EQ(broadcast(tensor({3, 1}), {batchDim, -1, 5}).types,
            std::vector{tensor({4, 3, 5}, 0)});
  EXPECT_EQ(broadcast(tensor({4, 1}, 0), {7, -1, 5}).types,
            std::vector{tensor({7, 4, 5}, 1)});
  EXPECT_EQ(broadcast(tensor({4, 1}, 0), {7, 4, 5}).types,
            std::vector{tensor({7, 4, 5}, 1)});
  EXPECT_NE(broadcast(tensor({4, 1}, 0), {batchDim, 4, 5}).error, "");
  EXPECT_NE(broadcast(tensor({1, 1}, 0), {2, 5}).error, "");
  EXPECT_NE(broadcast(x, {3, 5}).error, "");
  EXPECT_NE(broadcast(tensor({3}), {5}).error, "");
  EXPECT_NE(broadcast(tensor({3}), {-1, 3}).error, "");

  auto slice = [](const TensorType &x, int64_t axis, int64_t start,
                  int64_t stop, int64_t step = 1) {
    return infer(
        "slice", {x},
        {{"axis", axis}, {"start", start}, {"stop", stop}, {"step", step}});
  };
  EXPECT_EQ(slice(x, -1, 1, 5, 3).types, std::vector{tensor({4, 3, 2}, 0)});
  EXPECT_EQ(slice(x, 2, -4, -1).types, std::vector{tensor({4, 3, 3}, 0)});
  EXPECT_EQ(slice(x, 2, -4, -1).attributes.integer("start"), 1);
  EXPECT_EQ(slice(x, 2, 3, 3).error,
            "the slice from 3 to 3 of axis 2 of [4, 3, 5] from a is empty");
  EXPECT_NE(slice(x, 2, 0, 6).error, "");
  EXPECT_EQ(slice(x, 0, 0, 2).error,
            "'slice' along the batch axis would mix samples");

  EXPECT_EQ(typeOf("reverse", {x}, {{"axes", Sizes{1}}}), x);
  EXPECT_NE(errorOf("reverse", {x}, {{"axes", Sizes{0}}}), "");
}

TEST(Inference, PadsAndJoins) {
  TensorType x = tensor({4, 3}, 0);
  auto pad = [&](Sizes low, Sizes high, std::string mode) {
    return infer("pad", {x},
                 {{"low", std::move(low)},
                  {"high", std::move(high)},
                  {"mode", std::move(mode)}});
  };
  EXPECT_EQ(pad({0, 9}, {0, 1}, "zero").types, std::vector{tensor({4, 13}, 0)});
  EXPECT_EQ(pad({0, 2}, {0, 2}, "reflect").types,
            std::vector{tensor({4, 7}, 0)});
  EXPECT_EQ(pad({0, 3}, {0, 3}, "circular").types,
            std::vector{tensor({4, 9}, 0)});
  EXPECT_EQ(pad({0, 3}, {0, 0}, "reflect").error,
            "a reflect pad must be less than the size of its axis, got 3 for "
            "axis 1 of [4, 3] from a");
  EXPECT_NE(pad({0, 4}, {0, 0}, "circular").error, "");
  EXPECT_EQ(pad({1, 0}, {0, 0}, "zero").error,
            "'pad' along the batch axis would mix samples");
  EXPECT_NE(pad({1}, {1}, "zero").error, "");

  auto concat = [](const std::vector<TensorType> &values, int64_t axis) {
    return infer("concat", values, {{"axis", axis}});
  };
  EXPECT_EQ(concat({x, tensor({4, 5}, 0), tensor({4, 1})}, -1).types,
            std::vector{tensor({4, 9}, 0)});
  EXPECT_EQ(concat({x}, 1).types, std::vector{x});
  EXPECT_EQ(concat({x, tensor({3, 3})}, 1).error,
            "the values of 'concat' may differ along axis 1 only, got [4, 3] "
            "from a, and [3, 3] from b");
  EXPECT_EQ(concat({x, x}, 0).error,
            "'concat' along the batch axis would mix samples");
  EXPECT_NE(concat({tensor({4, 4}, 0), tensor({4, 4}, 1)}, 0).error, "");
  EXPECT_NE(concat({x, tensor({4, 3}, 0, DType::I32)}, 1).error, "");
}

TEST(Inference, Indexes) {
  TensorType table = tensor({10, 3});
  TensorType rows = tensor({4, 3}, 0, DType::I32);
  Outcome outcome = infer("gather", {table, rows});
  EXPECT_EQ(outcome.types, std::vector{tensor({4, 3}, 0)});
  EXPECT_EQ(outcome.facts.ranges,
            (std::vector{std::pair<size_t, int64_t>(1, 10)}));
  EXPECT_EQ(errorOf("gather", {tensor({4, 3}, 0), rows}),
            "'gather' along the batch axis would mix samples");
  EXPECT_EQ(typeOf("gather", {tensor({4, 9}, 0), rows}, {{"axis", int64_t(1)}}),
            tensor({4, 3}, 0));
  EXPECT_EQ(errorOf("gather", {tensor({10, 5}), rows}),
            "expected an index that has the shape of [10, 5] from a but for "
            "axis 0, got [4, 3] from b");
  EXPECT_NE(errorOf("gather", {table, tensor({4, 3})}), "");

  auto scatter = [&](const TensorType &updates, int64_t axis) {
    return infer("scatter_add", {updates, rows},
                 {{"axis", axis}, {"extent", int64_t(7)}});
  };
  EXPECT_EQ(scatter(tensor({4, 3}, 0), 1).types,
            std::vector{tensor({4, 7}, 0)});
  EXPECT_NE(scatter(tensor({4, 3}, 0), 0).error, "");
  EXPECT_NE(scatter(tensor({4, 3}), 0).error, "");
  EXPECT_NE(scatter(tensor({4, 2}, 0), 1).error, "");
}

TEST(Inference, MakesTensors) {
  auto full = [](double value, std::string dtype) {
    return infer("full", {},
                 {{"shape", Sizes{2, batchDim}},
                  {"value", value},
                  {"dtype", std::move(dtype)}});
  };
  EXPECT_EQ(full(-0.5, "f32").types, std::vector{tensor({2, 4}, 1)});
  EXPECT_EQ(full(-3, "i32").types, std::vector{tensor({2, 4}, 1, DType::I32)});
  EXPECT_EQ(full(0.5, "i32").error, "i32 has no 0.5");
  EXPECT_EQ(full(-1, "u32").error, "u32 has no -1");
  EXPECT_EQ(full(2, "bool").error, "bool has no 2");
  EXPECT_NE(errorOf("full", {}, {{"shape", Sizes{-1}}, {"value", 0.0}}), "");
  EXPECT_EQ(typeOf("iota", {}, {{"shape", Sizes{3}}, {"axis", int64_t(-1)}}),
            tensor({3}, -1, DType::I32));
  EXPECT_NE(errorOf("iota", {}, {{"shape", Sizes{3}}, {"axis", int64_t(1)}}),
            "");
  EXPECT_EQ(typeOf("random_bits", {}, {{"shape", Sizes{batchDim, 2}}}),
            tensor({4, 2}, 0, DType::I32));
  EXPECT_EQ(typeOf("step", {}), tensor({}, -1, DType::I32));
  EXPECT_EQ(typeOf("valid_rows", {}), tensor({}));
}

TEST(Inference, Composites) {
  TensorType logits = tensor({4, 10, 2}, 0, DType::F16);
  TensorType label = tensor({4, 2}, 0, DType::I32);
  EXPECT_EQ(typeOf("softmax", {logits}, {{"axis", int64_t(1)}}), logits);
  EXPECT_EQ(errorOf("softmax", {logits}, {{"axis", int64_t(0)}}),
            "'softmax' along the batch axis would mix samples");
  Outcome outcome = infer("cross_entropy_rows", {logits, label});
  EXPECT_EQ(outcome.types, std::vector{tensor({4, 2}, 0)});
  EXPECT_EQ(outcome.facts.ranges,
            (std::vector{std::pair<size_t, int64_t>(1, 10)}));
  EXPECT_EQ(errorOf("cross_entropy_rows", {logits, tensor({4, 2}, 0)}),
            "expected class indices of dtype i32 as label, got f32 [4, 2] from "
            "b");
  EXPECT_NE(
      errorOf("cross_entropy_rows", {logits, tensor({4, 1, 2}, 0, DType::I32)}),
      "");
  EXPECT_EQ(typeOf("stop_gradient", {label}), label);
}

} // namespace
