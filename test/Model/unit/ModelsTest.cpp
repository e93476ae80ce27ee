// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The networks of models/, and the canonical text.

#include "ModelTest.h"
#include <filesystem>

using namespace descent::model;
namespace fs = std::filesystem;

namespace {

CheckedModel loadFromModels(const std::string &name,
                            const LoadOptions &options = {}) {
  DiagnosticEngine diagnostics;
  std::string path =
      std::string(DESCENT_SOURCE_DIR) + "/models/" + name + ".json";
  std::optional<CheckedModel> model = loadModel(path, options, diagnostics);
  EXPECT_TRUE(model) << diagnostics.render();
  return model ? std::move(*model) : CheckedModel{};
}

TEST(Models, AreAllSound) {
  int count = 0;
  for (const fs::directory_entry &entry :
       fs::directory_iterator(std::string(DESCENT_SOURCE_DIR) + "/models"))
    if (entry.path().extension() == ".json") {
      CheckedModel model = loadFromModels(entry.path().stem().string());
      EXPECT_EQ(model.name, entry.path().stem().string());
      ++count;
    }
  EXPECT_GE(count, 5);
}

TEST(Models, ConvNetHasPyTorchsParameters) {
  CheckedModel model = loadFromModels("conv-net");
  std::vector<std::pair<std::string, std::vector<int64_t>>> parameters;
  int64_t count = 0;
  for (const State &state : model.states)
    if (state.role == State::Role::Parameter) {
      parameters.emplace_back(state.name, state.type.shape);
      count += state.type.numElements();
    }
  decltype(parameters) expected = {
      {"0.weight", {16, 1, 3, 3}}, {"0.bias", {16}},
      {"3.weight", {32, 8, 3, 3}}, {"3.bias", {32}},
      {"8.weight", {128, 1568}},   {"8.bias", {128}},
      {"10.weight", {10, 128}},    {"10.bias", {10}}};
  EXPECT_EQ(parameters, expected);
  EXPECT_EQ(count, 204618);
  EXPECT_EQ(model.batch, 128);
  EXPECT_EQ(model.epochs, 10);
  EXPECT_EQ(model.inputs[1].high, 10);
}

TEST(Models, ConvNetTakesDropoutAsAConstant) {
  auto draws = [](const CheckedModel &model, std::string_view entry) {
    return nodesOf(model, entry, "random_bits").size();
  };
  EXPECT_EQ(draws(loadFromModels("conv-net"), "train"), 1u);
  EXPECT_EQ(draws(loadFromModels("conv-net"), "predict"), 0u);
  EXPECT_EQ(draws(loadFromModels("conv-net", {{{"p_drop", "0"}}, {}}), "train"),
            0u);
}

TEST(Canonical, SaysEverythingThatCounts) {
  CheckedModel model = mustLoad(
      R"({ "descent": 1, "name": "a\"b", "inputs": { "x": { "shape": ["batch", 3] }, "l": { "shape": ["batch"], "dtype": "i32" } },
           "network": [ { "dense": 2, "of": "x", "as": "y" } ], "loss": { "softmax_cross_entropy": ["y", "l"] },
           "metrics": { "acc": { "accuracy": ["y", "l"] } }, "outputs": { "class": { "argmax": "y" } },
           "optimizer": { "sgd": 0.5 }, "train": { "batch": 4, "epochs": 2 } })");
  std::string text = canonical(model);
  EXPECT_TRUE(text.starts_with(
      "descent 2\n"
      "model \"a\\\"b\"\n"
      "batch 4\n"
      "epochs 2\n"
      "input x f32[4, 3] batch 0\n"
      "input l i32[4] batch 0 in [0, 2)\n"
      "parameter 0.weight f32[2, 3] uniform -0x1.279a74590331dp-1 "
      "0x1.279a74590331dp-1\n"
      "parameter 0.bias f32[2] uniform -0x1.279a74590331dp-1 "
      "0x1.279a74590331dp-1\n"
      "metric metric.loss.sum f32[] constant 0x0p+0 0x0p+0\n"))
      << text;
  EXPECT_NE(text.find("entry train training\n"
                      "  %0 = input x : f32[4, 3] batch 0\n"
                      "  %1 = input l : i32[4] batch 0\n"
                      "  %2 = state 0.weight : f32[2, 3]\n"
                      "  %3 = permute axes=[1, 0] %2 : f32[3, 2]\n"
                      "  %4 = matmul %0 %3 : f32[4, 2] batch 0\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(" by sgd lr=0x1p-1 momentum=0x0p+0 nesterov=false "
                      "dampening=0x0p+0 weight_decay=0x0p+0 group 0 over "
                      "0.weight 0.bias\n"),
            std::string::npos);
  EXPECT_NE(text.find("  output class %"), std::string::npos);
  EXPECT_NE(text.find("  update metric.acc.correct %"), std::string::npos);
}

TEST(Canonical, DoesNotDependOnTheSpelling) {
  std::string a = canonical(mustLoad(
      R"({ "descent": 1, "constants": { "w": 4 }, "inputs": { "x": { "shape": ["batch", 8] } },
           "network": [ { "dense": "w", "as": "h" }, { "softmax": {} } ], "train": { "batch": 4 } })"));
  std::string b = canonical(
      mustLoad("{ \"train\": { \"batch\": 2 },\n\n \"network\": [ { \"dense\": "
               "{ \"units\": \"2 + 2\", \"bias\": true }, \"of\": \"x\" },\n"
               "  { \"softmax\": 1 } ], \"inputs\": { \"x\": { \"dtype\": "
               "\"f32\", \"shape\": [\"batch\", 8] } }, \"descent\": 1 }",
               {{}, 4}));
  EXPECT_EQ(a, b);
  std::string c = canonical(
      mustLoad(withLayers("{ \"dense\": 4, \"name\": \"h\" }, \"softmax\"")));
  EXPECT_NE(a, c);
}

} // namespace
