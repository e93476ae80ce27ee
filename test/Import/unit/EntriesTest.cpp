// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which entries a model gets, and that rows which do not count change nothing.

#include "Support.h"

using namespace descent;
using namespace descent::test;

static const std::string classifier = R"({ "descent": 1, "name": "classifier",
  "inputs": { "x": { "shape": ["batch", 5] },
              "label": { "shape": ["batch"], "dtype": "i32" } },
  "network": [ { "dense": 4, "of": "x" }, "tanh", { "dropout": 0.5 },
               { "dense": 3, "as": "logits" } ],
  "loss": { "softmax_cross_entropy": ["logits", "label"] },
  "metrics": { "accuracy": { "accuracy": ["logits", "label"] } },
  "outputs": { "class": { "argmax": "logits" } },
  "optimizer": { "adam": { "lr": 0.01 } },
  "train": { "batch": 4 } })";

static const std::string regression = R"({ "descent": 1, "name": "regression",
  "inputs": { "x": { "shape": ["batch", 3] }, "y": { "shape": ["batch", 2] } },
  "network": [ { "dense": 2, "of": "x", "as": "z" } ],
  "loss": { "mse": ["z", "y"] },
  "optimizer": { "sgd": 0.1 }, "train": { "batch": 4 } })";

TEST(ImportEntries, AreThoseThatTheModelHasWhatItNeedsFor) {
  EXPECT_EQ(entriesOf(*Imported(classifier).model),
            (std::vector<std::string>{"train", "eval", "metrics", "predict"}));
  Imported plain(R"({ "descent": 1, "name": "plain",
    "inputs": { "x": { "shape": [2, 5] } }, "network": ["tanh"] })");
  EXPECT_EQ(entriesOf(*plain.model), std::vector<std::string>{"predict"});
  EXPECT_EQ(plain.run("predict").count("output"), 1u);
}

TEST(ImportEntries, CanBeChosen) {
  Imported imported(classifier, {{"predict"}});
  ASSERT_TRUE(imported.module);
  EXPECT_EQ(llvm::range_size(imported.module->getOps<EntryOp>()), 1);
  // All parameters, and no accumulator.
  EXPECT_EQ(imported.state.size(), 4u);
}

TEST(ImportEntries, ThatDoNotExistAreReported) {
  Imported imported(classifier, {{"predict", "generate"}});
  EXPECT_FALSE(imported.module);
  EXPECT_EQ(imported.errors, "the model has no entry 'generate'; it has: "
                             "train, eval, metrics, predict\n");
}

TEST(ImportEntries, InputsCannotHaveTheirNames) {
  Imported imported(R"({ "descent": 1, "name": "clash",
    "inputs": { "predict": { "shape": [2, 5] } }, "network": ["tanh"] })");
  EXPECT_FALSE(imported.module);
  EXPECT_EQ(imported.errors, "input 'predict' has the name of an entry; call "
                             "it otherwise\n");
}

TEST(ImportEntries, PredictReadsOnlyWhatItNeeds) {
  Imported imported(classifier);
  auto entry = interpreter::findEntry(*imported.module, "predict");
  ASSERT_TRUE(mlir::succeeded(entry));
  entry->walk([](ReadOp read) { EXPECT_NE(read.getSymbol(), "label"); });
}

TEST(ImportEntries, ClassLabelsHaveARange) {
  Imported imported(classifier);
  auto label = imported.module->lookupSymbol<InputOp>("label");
  ASSERT_TRUE(label && label.getRange());
  EXPECT_EQ(label.getRange()->vec(), (std::vector<int64_t>{0, 3}));
}

/// The rows of a batched tensor from the first to before `count`.
static Tensor firstRows(const Tensor &tensor, int64_t count) {
  auto shape = tensor.shape;
  shape[0] = count;
  Tensor result(shape, tensor.element);
  std::copy_n(tensor.values.begin(), result.values.size(),
              result.values.begin());
  return result;
}

/// A model evaluates three of four rows as the same model of batch three does.
static void comparePartialBatch(std::string text) {
  Imported four(text);
  text.replace(text.find("\"batch\": 4"), 10, "\"batch\": 3");
  Imported three(text);
  for (auto &[name, value] : four.inputs)
    three.inputs[name] = firstRows(value, 3);
  three.state = four.state;
  for (auto &[name, value] : four.inputs)
    std::fill(value.values.end() - value.values.size() / 4, value.values.end(),
              name == "label" ? 0 : 1e30);

  for (int batch = 0; batch < 2; ++batch) {
    four.run("eval", {.valid = 3});
    three.run("eval", {.valid = 3});
  }
  EXPECT_EQ(interpreter::findDifference(four.state, three.state, 1e-12), "");
  EXPECT_DOUBLE_EQ(four.state["metric.loss.count"].values[0], 6);
  EXPECT_EQ(interpreter::findDifference(four.run("metrics"),
                                        three.run("metrics"), 1e-12),
            "");
}

TEST(ImportEntries, PartialBatchOfClasses) { comparePartialBatch(classifier); }
TEST(ImportEntries, PartialBatchOfNumbers) { comparePartialBatch(regression); }

TEST(ImportEntries, TheMetricsAreMeans) {
  Imported imported(regression);
  imported.run("eval", {.valid = 4});
  double loss = imported.run("metrics")["loss"].values[0];
  const auto &x = imported.inputs["x"].values, &y = imported.inputs["y"].values;
  const auto &weight = imported.state["0.weight"].values;
  const auto &bias = imported.state["0.bias"].values;
  double expected = 0;
  for (int row = 0; row < 4; ++row)
    for (int out = 0; out < 2; ++out) {
      double z = bias[out] - y[row * 2 + out];
      for (int in = 0; in < 3; ++in)
        z += x[row * 3 + in] * weight[out * 3 + in];
      expected += z * z / 8;
    }
  EXPECT_NEAR(loss, expected, 1e-12);
}

TEST(ImportEntries, TrainingReducesTheLoss) {
  Imported imported(regression);
  double first =
      imported.run("train", {.step = 1, .valid = 4})["loss"].values[0];
  for (int step = 2; step < 20; ++step)
    imported.run("train", {.step = step, .valid = 4});
  double last =
      imported.run("train", {.step = 20, .valid = 4})["loss"].values[0];
  EXPECT_LT(last, first / 2);
}
