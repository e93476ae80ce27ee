// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// matmul and einsum against sums of products.

#include "Graphs.h"

using namespace descent;
using namespace descent::test;

/// What einsum means: letters of the operands and the result, by brute force.
static Numbers einsum(const std::string &equation, const Tensor &a,
                      const Tensor &b) {
  size_t comma = equation.find(','), arrow = equation.find("->");
  std::string texts[3] = {equation.substr(0, comma),
                          equation.substr(comma + 1, arrow - comma - 1),
                          equation.substr(arrow + 2)};
  std::map<char, int64_t> size;
  for (size_t i = 0; i < texts[0].size(); ++i)
    size[texts[0][i]] = std::max(size[texts[0][i]], a.shape[i]);
  for (size_t i = 0; i < texts[1].size(); ++i)
    size[texts[1][i]] = std::max(size[texts[1][i]], b.shape[i]);
  std::string letters;
  Ints extents;
  int64_t count = 1;
  for (auto [letter, extent] : size) {
    letters += letter;
    extents.push_back(extent);
  }
  for (char c : texts[2])
    count *= size[c];
  Numbers result(count);
  interpreter::forEachPoint(extents, [&](llvm::ArrayRef<int64_t> point) {
    auto place = [&](const std::string &text,
                     const llvm::SmallVector<int64_t> *shape) {
      int64_t position = 0;
      for (size_t i = 0; i < text.size(); ++i) {
        int64_t extent = shape ? (*shape)[i] : size[text[i]];
        int64_t index = point[letters.find(text[i])];
        position = position * extent + (extent == 1 ? 0 : index);
      }
      return position;
    };
    result[place(texts[2], nullptr)] += a.values[place(texts[0], &a.shape)] *
                                        b.values[place(texts[1], &b.shape)];
    return true;
  });
  return result;
}

static void compareMatmul(Ints a, Ints b, Ints result,
                          const std::string &equation) {
  SCOPED_TRACE(equation);
  Graph graph;
  auto x = graph.input("a", f32(a)), y = graph.input("b", f32(b));
  Tensor actual = graph.evaluate(graph.op("matmul", {x, y}, f32(result)));
  expectNear(actual, einsum(equation, graph.inputs["a"], graph.inputs["b"]));
}

TEST(ImportProducts, MatmulOfVectorsMatricesAndBatches) {
  compareMatmul({5}, {5}, {}, "k,k->");
  compareMatmul({5}, {5, 3}, {3}, "k,kn->n");
  compareMatmul({4, 5}, {5}, {4}, "mk,k->m");
  compareMatmul({4, 5}, {5, 3}, {4, 3}, "mk,kn->mn");
  compareMatmul({2, 4, 5}, {5, 3}, {2, 4, 3}, "bmk,kn->bmn");
  compareMatmul({5}, {2, 5, 3}, {2, 3}, "k,bkn->bn");
  compareMatmul({2, 4, 5}, {2, 5, 3}, {2, 4, 3}, "bmk,bkn->bmn");
  compareMatmul({1, 4, 5}, {2, 5, 3}, {2, 4, 3}, "bmk,bkn->bmn");
  compareMatmul({6, 1, 4, 5}, {2, 5, 3}, {6, 2, 4, 3}, "abmk,bkn->abmn");
  compareMatmul({1, 4, 5}, {1, 5, 3}, {1, 4, 3}, "bmk,bkn->bmn");
}

static void compareEinsum(Ints a, Ints b, Ints result,
                          const std::string &equation) {
  SCOPED_TRACE(equation);
  Graph graph;
  auto x = graph.input("a", f32(a)), y = graph.input("b", f32(b));
  Tensor actual = graph.evaluate(
      graph.op("einsum", {x, y}, f32(result), {{"equation", equation}}));
  expectNear(actual, einsum(equation, graph.inputs["a"], graph.inputs["b"]));
}

TEST(ImportProducts, EinsumOfTwoOperands) {
  compareEinsum({2, 3, 4}, {4, 5}, {2, 5, 3}, "bij,jk->bki");
  compareEinsum({3}, {4}, {4, 3}, "i,j->ji");         // nothing is summed
  compareEinsum({3, 4}, {3, 4}, {3, 4}, "ij,ij->ij"); // nor here
  compareEinsum({3, 4}, {5}, {5}, "ij,k->k");         // lone letters
  compareEinsum({3, 4}, {4, 2}, {}, "ij,jk->");
  compareEinsum({2, 3, 4}, {2, 5, 4}, {2, 3, 5}, "bqd,bkd->bqk");
}

TEST(ImportProducts, TranspositionsAreAbsorbed) {
  Graph graph;
  auto x = graph.parameter("x", f32({4, 5})),
       w = graph.parameter("w", f32({3, 5}));
  auto transposed =
      graph.op("permute", {w}, f32({5, 3}), {{"axes", Ints{1, 0}}});
  graph.checkGradients(graph.op("matmul", {x, transposed}, f32({4, 3})));
  EXPECT_NE(
      graph.text().find("descent.contract %0 [0, 2], %1 [1, 2] to [0, 1]"),
      std::string::npos)
      << graph.text();
}

TEST(ImportProducts, LeaveOutRowsThatDoNotCount) {
  for (int axis : {0, 1}) {
    Graph graph;
    auto x = graph.input("x", f32({3, 2}, 0), {1, 2, 3, 4, 500, 600});
    auto y = graph.input("y", f32({3}, axis == 0 ? 0 : -1), {1, 10, 100});
    auto product = graph.op("einsum", {x, y}, f32({2}),
                            {{"equation", std::string("ni,n->i")}});
    EXPECT_EQ(graph.evaluate(product, {.valid = 2}).values, (Numbers{31, 42}));
  }
  // The batch stays: all rows are computed.
  Graph graph;
  auto x = graph.input("x", f32({2, 1}, 0), {1, 2});
  auto y = graph.input("y", f32({1, 1}), {3});
  EXPECT_EQ(
      graph.evaluate(graph.op("matmul", {x, y}, f32({2, 1}, 0)), {.valid = 1})
          .values,
      (Numbers{3, 6}));
}

TEST(ImportProducts, HalvesAreComputedInFloats) {
  Graph graph;
  auto x = graph.input("x", f16({1, 2}), {1, 2});
  auto y = graph.input("y", f16({2, 1}), {3, 4});
  Tensor product = graph.evaluate(graph.op("matmul", {x, y}, f16({1, 1})));
  EXPECT_EQ(product.values, Numbers{11});
  EXPECT_EQ(product.element, Element::F16);
}

TEST(ImportProducts, HaveGradients) {
  Graph batched;
  auto x = batched.parameter("x", f32({1, 4, 5}));
  auto y = batched.parameter("y", f32({2, 5, 3}));
  batched.checkGradients(batched.op("matmul", {x, y}, f32({2, 4, 3})));
  Graph outer;
  auto a = outer.parameter("a", f32({3, 2})),
       b = outer.parameter("b", f32({4}));
  outer.checkGradients(outer.op("einsum", {a, b}, f32({4, 3}),
                                {{"equation", std::string("ij,k->ki")}}));
}
