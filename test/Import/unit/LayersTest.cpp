// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers with windows and with randomness, against plain loops.

#include "Support.h"

using namespace descent;
using namespace descent::test;

namespace {

/// Images [N, C, H, W].
struct Images {
  std::vector<int64_t> shape;
  std::vector<double> values;

  explicit Images(const Tensor &tensor)
      : shape(tensor.shape.begin(), tensor.shape.end()), values(tensor.values) {
  }
  double at(int64_t n, int64_t c, int64_t h, int64_t w) const {
    return values[((n * shape[1] + c) * shape[2] + h) * shape[3] + w];
  }
  bool contains(int64_t h, int64_t w) const {
    return h >= 0 && w >= 0 && h < shape[2] && w < shape[3];
  }
  double nearest(int64_t n, int64_t c, int64_t h, int64_t w) const {
    return at(n, c, std::clamp<int64_t>(h, 0, shape[2] - 1),
              std::clamp<int64_t>(w, 0, shape[3] - 1));
  }
};

struct Window {
  std::array<int64_t, 2> kernel, stride = {1, 1}, pad = {0, 0},
                                 dilation = {1, 1};

  std::string json() const {
    auto pair = [](const char *name, std::array<int64_t, 2> value) {
      return std::string("\"") + name + "\": [" + std::to_string(value[0]) +
             ", " + std::to_string(value[1]) + "]";
    };
    std::string text = pair("kernel", kernel) + ", " + pair("stride", stride) +
                       ", " + pair("pad", pad);
    if (dilation != std::array<int64_t, 2>{1, 1})
      text += ", " + pair("dilation", dilation);
    return text;
  }
  /// Where tap (i, j) of the window at (h, w) lies.
  std::array<int64_t, 2> at(int64_t h, int64_t w, int64_t i, int64_t j) const {
    return {h * stride[0] + i * dilation[0] - pad[0],
            w * stride[1] + j * dilation[1] - pad[1]};
  }
};

} // namespace

/// Runs `layer` on made-up images [2, 6, 8, 7] and compares every element of
/// the result with `expected(imported, x, n, c, h, w)`, to the rounding of f32
/// constants.
template <typename Expected>
static void compare(const std::string &layer, Expected expected) {
  SCOPED_TRACE(layer);
  Imported imported(R"({ "descent": 1, "name": "layer",
    "inputs": { "x": { "shape": [2, 6, 8, 7] } }, "network": [)" +
                    layer + "] }");
  ASSERT_TRUE(imported.module);
  Images x(imported.inputs["x"]);
  Images y(imported.run("predict")["output"]);
  for (int64_t n = 0; n < y.shape[0]; ++n)
    for (int64_t c = 0; c < y.shape[1]; ++c)
      for (int64_t h = 0; h < y.shape[2]; ++h)
        for (int64_t w = 0; w < y.shape[3]; ++w)
          ASSERT_NEAR(y.at(n, c, h, w), expected(imported, x, n, c, h, w), 1e-6)
              << n << ' ' << c << ' ' << h << ' ' << w;
}

static void compareConv2d(Window window, int64_t groups, bool edge) {
  std::string layer = "{ \"conv2d\": { \"filters\": 4, " + window.json() +
                      ", \"groups\": " + std::to_string(groups) +
                      (edge ? ", \"pad_mode\": \"edge\"" : "") + " } }";
  compare(layer, [&](Imported &imported, const Images &x, int64_t n, int64_t c,
                     int64_t h, int64_t w) {
    Images weight(imported.state["0.weight"]);
    double sum = imported.state["0.bias"].values[c];
    int64_t perGroup = 6 / groups, first = c / (4 / groups) * perGroup;
    for (int64_t k = 0; k < perGroup; ++k)
      for (int64_t i = 0; i < window.kernel[0]; ++i)
        for (int64_t j = 0; j < window.kernel[1]; ++j) {
          auto [y, z] = window.at(h, w, i, j);
          if (edge || x.contains(y, z))
            sum += weight.at(c, k, i, j) * x.nearest(n, first + k, y, z);
        }
    return sum;
  });
}

TEST(ImportLayers, Conv2d) {
  compareConv2d({.kernel = {3, 3}}, 1, false);
  compareConv2d({.kernel = {1, 1}}, 2, false);
  compareConv2d({.kernel = {3, 2}, .stride = {2, 1}, .pad = {1, 2}}, 2, false);
  compareConv2d({.kernel = {2, 3}, .pad = {1, 1}, .dilation = {3, 2}}, 1, true);
  compareConv2d({.kernel = {2, 2}, .stride = {2, 2}}, 1, false);
  compareConv2d({.kernel = {1, 1}, .stride = {3, 2}}, 1, false);
}

static void compareMaxPool2d(Window window) {
  compare("{ \"max_pool2d\": { " + window.json() + " } }",
          [&](Imported &, const Images &x, int64_t n, int64_t c, int64_t h,
              int64_t w) {
            double max = -INFINITY;
            for (int64_t i = 0; i < window.kernel[0]; ++i)
              for (int64_t j = 0; j < window.kernel[1]; ++j) {
                auto [y, z] = window.at(h, w, i, j);
                if (x.contains(y, z))
                  max = std::max(max, x.at(n, c, y, z));
              }
            return max;
          });
}

TEST(ImportLayers, MaxPool2d) {
  compareMaxPool2d({.kernel = {2, 2}, .stride = {2, 2}});
  compareMaxPool2d({.kernel = {4, 7}, .stride = {4, 7}});
  compareMaxPool2d({.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}});
  compareMaxPool2d(
      {.kernel = {3, 2}, .stride = {1, 3}, .pad = {1, 0}, .dilation = {2, 2}});
}

static void compareAvgPool2d(Window window, bool includePad) {
  std::string layer =
      "{ \"avg_pool2d\": { " + window.json() +
      ", \"count_include_pad\": " + (includePad ? "true" : "false") + " } }";
  compare(layer, [&](Imported &, const Images &x, int64_t n, int64_t c,
                     int64_t h, int64_t w) {
    double sum = 0, count = 0;
    for (int64_t i = 0; i < window.kernel[0]; ++i)
      for (int64_t j = 0; j < window.kernel[1]; ++j) {
        auto [y, z] = window.at(h, w, i, j);
        sum += x.contains(y, z) ? x.at(n, c, y, z) : 0;
        count += includePad || x.contains(y, z);
      }
    return sum / count;
  });
}

TEST(ImportLayers, AvgPool2d) {
  for (bool includePad : {false, true}) {
    compareAvgPool2d({.kernel = {2, 2}, .stride = {2, 2}}, includePad);
    compareAvgPool2d({.kernel = {3, 2}, .stride = {2, 1}, .pad = {1, 1}},
                     includePad);
    compareAvgPool2d({.kernel = {5, 4}, .stride = {3, 3}, .pad = {2, 1}},
                     includePad);
  }
}

TEST(ImportLayers, LeakyReluOfAnySlope) {
  for (double slope : {0.01, 0.0, -0.5, 1.0, 2.0})
    compare("{ \"leaky_relu\": " + std::to_string(slope) + " }",
            [&](Imported &, const Images &x, int64_t n, int64_t c, int64_t h,
                int64_t w) {
              double value = x.at(n, c, h, w);
              return value > 0 ? value : slope * value;
            });
}

TEST(ImportLayers, DropoutScalesWhatItKeepsAndIsIdentityInPredict) {
  Imported imported(R"({ "descent": 1, "name": "dropout",
    "inputs": { "x": { "shape": [1, 4000] } },
    "network": [ { "dropout": 0.25, "as": "once" },
                 { "dropout": 0.5, "as": "twice" },
                 { "dense": { "units": 1, "bias": false }, "as": "z" } ],
    "loss": { "mse": ["z", "z"] }, "outputs": { "twice": "twice" },
    "optimizer": { "sgd": 0.1 } })");
  ASSERT_TRUE(imported.module);
  auto &x = imported.inputs["x"];
  std::fill(x.values.begin(), x.values.end(), 3);
  EXPECT_EQ(imported.run("predict")["twice"].values, x.values);

  // What training computes, as an output.
  auto entry = interpreter::findEntry(*imported.module, "train");
  ASSERT_TRUE(mlir::succeeded(entry));
  ContractOp product = *entry->getBody().getOps<ContractOp>().begin();
  mlir::OpBuilder b(product);
  b.create<OutputOp>(product.getLoc(), b.getStringAttr("dropped"),
                     product.getLhs(), mlir::IntegerAttr());
  llvm::SmallVector<int32_t> streams;
  entry->walk([&](PhiloxOp op) { streams.push_back(op.getStream()); });
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_NE(streams[0], streams[1]);
  for (mlir::Operation &op :
       llvm::make_early_inc_range(llvm::reverse(entry->getBody().front())))
    if (mlir::isa<OptimizeOp, GradientOp>(op))
      op.erase();

  auto run = [&](int32_t step, int32_t seed) {
    return imported.run("train", {.step = step, .seedLow = seed})["dropped"]
        .values;
  };
  std::vector<double> dropped = run(1, 7);
  auto kept = std::count_if(dropped.begin(), dropped.end(),
                            [](double value) { return value != 0; });
  EXPECT_NEAR(kept / 4000.0, 0.375, 0.03); // 4 deviations
  for (double value : dropped)
    EXPECT_TRUE(value == 0 || std::abs(value - 8) < 1e-5) << value;
  EXPECT_EQ(dropped, run(1, 7));
  EXPECT_NE(dropped, run(2, 7));
  EXPECT_NE(dropped, run(1, 8));
}
