// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Vulkan executor against a reference in double precision, on whatever
// device there is.
#include "TestBundle.h"
#include "data/Batches.h"
#include "train/Bench.h"
#include "train/Evaluate.h"
#include "train/Predict.h"
#include "train/Weights.h"
#include "vulkan/VulkanExecutor.h"

#include <cmath>
#include <cstring>
#include <numeric>

namespace descent::runtime {
namespace {

/// With DESCENT_VALIDATION=1 the layers must have had nothing to say in any
/// test.
class SilentLayers : public testing::Environment {
  void TearDown() override { EXPECT_EQ(Instance::validationMessages(), 0u); }
};
const testing::Environment *const silentLayers =
    testing::AddGlobalTestEnvironment(new SilentLayers);

class OnDevice : public testing::Test {
protected:
  std::shared_ptr<const Program> program = readBundle(testBundle());
  std::unique_ptr<Executor> executor;
  Dataset data = openDataset("glyphs?count=100", Part::Train);

  void SetUp() override {
    static std::shared_ptr<Instance> instance = std::make_shared<Instance>();
    executor = createVulkanExecutor(instance, program, {});
    executor->prepare({"train", "eval", "metrics", "predict"});
    upload(*executor,
           initialStates(*program, 1,
                         {Role::Parameter, Role::Metric, Role::Status}));
  }

  std::vector<float> state(const std::string &name) {
    unsigned index = *program->findState(name);
    std::vector<float> values(program->states[index].tensor.elements());
    executor->readStates({{index, std::as_writable_bytes(std::span(values))}});
    return values;
  }

  float step(const Batches &batches, std::span<const uint32_t> rows,
             int32_t number) {
    runtime::Run &run = executor->acquire("train");
    run.control = {};
    run.control.step = number;
    batches.fill(run, rows);
    executor->submit(run);
    executor->wait(run);
    float loss;
    std::memcpy(&loss, run.outputs[0].data(), 4);
    return loss;
  }

  /// Softmax cross-entropy of the rows, and one step of gradient descent on
  /// weight and bias.
  double reference(std::vector<double> &weight, std::vector<double> &bias,
                   std::span<const uint32_t> rows, double rate) {
    std::vector<double> weightGradient(weight.size()),
        biasGradient(bias.size());
    double loss = 0;
    for (uint32_t row : rows) {
      std::vector<double> x(784), logits(bias);
      for (size_t i = 0; i < 784; ++i)
        x[i] = double(data.fields[0].data[row * 784 + i]) / 255;
      for (size_t c = 0; c < 10; ++c)
        logits[c] += std::inner_product(x.begin(), x.end(),
                                        weight.begin() + long(c * 784), 0.0);
      double total = 0;
      for (double logit : logits)
        total += std::exp(logit);
      size_t label = size_t(data.fields[1].data[row]);
      loss += (std::log(total) - logits[label]) / double(rows.size());
      for (size_t c = 0; c < 10; ++c) {
        double gradient =
            (std::exp(logits[c]) / total - (c == label)) / double(rows.size());
        biasGradient[c] += gradient;
        for (size_t i = 0; i < 784; ++i)
          weightGradient[c * 784 + i] += gradient * x[i];
      }
    }
    for (size_t i = 0; i < weight.size(); ++i)
      weight[i] -= rate * weightGradient[i];
    for (size_t i = 0; i < bias.size(); ++i)
      bias[i] -= rate * biasGradient[i];
    return loss;
  }
};

TEST_F(OnDevice, TrainsLikeTheReference) {
  Batches batches(data, *program, program->entries.at("train"));
  std::vector<float> w = state("weight"), b = state("bias");
  std::vector<double> weight(w.begin(), w.end()), bias(b.begin(), b.end());
  std::vector<uint32_t> rows(32);
  for (int32_t number = 1; number <= 5; ++number) {
    std::iota(rows.begin(), rows.end(), uint32_t(10 * number));
    rows.resize(number == 3 ? 7 : 32); // a partial batch in between
    EXPECT_NEAR(step(batches, rows, number), reference(weight, bias, rows, 0.5),
                1e-4)
        << number;
    rows.resize(32);
  }
  std::vector<float> trained = state("weight");
  for (size_t i = 0; i < trained.size(); ++i)
    ASSERT_NEAR(trained[i], weight[i], 1e-4) << i;
}

TEST_F(OnDevice, StatesComeBackAsWritten) {
  std::vector<float> pattern(7840);
  std::iota(pattern.begin(), pattern.end(), 0.5f);
  executor->writeStates({{0, std::as_bytes(std::span(pattern))}});
  EXPECT_EQ(state("weight"), pattern);
}

TEST_F(OnDevice, EvaluationCountsEverySampleOnce) {
  std::vector<float> w = state("weight"), b = state("bias");
  std::vector<double> weight(w.begin(), w.end()), bias(b.begin(), b.end());
  std::vector<uint32_t> all(data.size); // 100 is three batches of 32 and 4 rows
  std::iota(all.begin(), all.end(), 0u);
  StepQueue queue(*executor);
  Evaluator evaluator(*executor, data, 0);
  std::vector<Metric> first = evaluator.run(queue),
                      second = evaluator.run(queue);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].name, "loss");
  EXPECT_NEAR(first[0].values[0], reference(weight, bias, all, 0), 1e-4);
  EXPECT_EQ(first[0].values[0], second[0].values[0]) << "metrics are reset";
  std::vector<Array> classes = predict(*executor, "predict", data, 0);
  int right = 0;
  for (size_t i = 0; i < data.size; ++i) {
    int32_t answer;
    std::memcpy(&answer, classes.at(0).data.data() + 4 * i, 4);
    right += answer == int32_t(data.fields[1].data[i]);
  }
  EXPECT_EQ(classes[0].shape, Shape{100});
  EXPECT_NEAR(first[1].values[0], right / 100.0, 1e-6);
}

TEST_F(OnDevice, RunsInFlightKeepTheirOrder) {
  Batches batches(data, *program, program->entries.at("train"));
  std::vector<uint32_t> rows(32, 3);
  std::vector<float> apart, together;
  for (int32_t number = 1; number <= 10; ++number)
    apart.push_back(step(batches, rows, number));
  upload(*executor, initialStates(*program, 1, {Role::Parameter}));
  StepQueue queue(*executor);
  for (int i = 0; i < 10; ++i)
    queue.run(
        "train", [&](runtime::Run &run) { batches.fill(run, rows); },
        [&](const runtime::Run &run) {
          together.emplace_back();
          std::memcpy(&together.back(), run.outputs[0].data(), 4);
        });
  queue.drain();
  EXPECT_EQ(apart, together) << "bit for bit";
}

TEST_F(OnDevice, ARunMustBeWaitedFor) {
  for (unsigned i = 0; i < executor->runsInFlight(); ++i)
    executor->submit(executor->acquire("predict"));
  expectError(Status::Usage, "in flight",
              [&] { executor->acquire("predict"); });
}

TEST_F(OnDevice, NoRunIsHandedOutTwice) {
  runtime::Run &first = executor->acquire("predict");
  for (unsigned i = 1; i < executor->runsInFlight(); ++i)
    EXPECT_NE(&executor->acquire("predict"), &first);
  expectError(Status::Usage, "was not submitted",
              [&] { executor->acquire("predict"); });
  executor->submit(first);
  expectError(Status::Usage, "in flight",
              [&] { executor->acquire("predict"); });
  executor->wait(first);
  EXPECT_EQ(&executor->acquire("predict"), &first);
}

TEST_F(OnDevice, DivergenceIsLatchedAndGuarded) {
  std::vector<float> broken(7840, std::numeric_limits<float>::infinity());
  executor->writeStates({{0, std::as_bytes(std::span(broken))}});
  Batches batches(data, *program, program->entries.at("train"));
  const uint32_t rows[] = {1, 2, 3};
  step(batches, rows, 41);
  step(batches, rows, 42);
  EXPECT_EQ(state("weight"), broken);
  runtime::Run &run = executor->acquire("train");
  executor->submit(run);
  executor->wait(run);
  EXPECT_EQ(run.diverged, 41);
}

TEST_F(OnDevice, BenchMeasures) {
  BenchResult result = bench(*executor, "train", 5, 0);
  EXPECT_GT(result.minMs, 0);
  EXPECT_GE(result.medianMs, result.minMs);
  for (double microseconds : executor->profile("train", 3))
    EXPECT_GT(microseconds, 0);
}

TEST(Choice, SaysWhyAVariantIsRefused) {
  DeviceInfo device;
  device.properties.apiVersion = VK_API_VERSION_1_1;
  device.driver = "Some Driver";
  device.features = {"shaderFloat16"};
  device.properties.limits.maxComputeWorkGroupInvocations = 128;
  auto program =
      readBundle(changedBundle([](nlohmann::json &m, nlohmann::json &) {
        auto &needs = m["variants"][0]["requirements"];
        needs["driver"] = "other";
        needs["features"] = {"shaderFloat16", "shaderFloat64",
                             "storageBuffer16BitAccess"};
        needs["riddle"] = 1;
        needs["vulkan"] = {1, 2};
      }));
  std::string all;
  for (const std::string &reason : refusals(program->variants[0], device))
    all += reason + "\n";
  for (const char *part :
       {"needs Vulkan 1.2", "driver 'other'", "feature shaderFloat64",
        "feature storageBuffer16BitAccess", "'riddle'",
        "storage bindings 6, the device has 0", "workgroup count 123"})
    EXPECT_NE(all.find(part), std::string::npos) << part << " in\n" << all;
  EXPECT_EQ(all.find("invocations"), std::string::npos) << all;
  EXPECT_EQ(all.find("shaderFloat16"), std::string::npos) << all;
}

} // namespace
} // namespace descent::runtime
