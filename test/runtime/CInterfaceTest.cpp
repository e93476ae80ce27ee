// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C interface: the example of its header, and every kind of misuse that it
// promises to answer.
#include "TestBundle.h"
#include "data/Dataset.h"
#include "descent/runtime/descent.h"

#include <cstring>

namespace {

using descent::runtime::testBundle;

class CInterface : public testing::Test {
protected:
  descent_bundle *bundle = nullptr;
  descent_session *session = nullptr;

  void SetUp() override {
    auto bytes = testBundle();
    ASSERT_EQ(descent_bundle_read(bytes.data(), bytes.size(), &bundle),
              DESCENT_OK)
        << descent_last_error();
    ASSERT_EQ(descent_session_create(bundle, nullptr, &session), DESCENT_OK)
        << descent_last_error();
    ASSERT_EQ(descent_session_initialize(session, 1), DESCENT_OK);
  }
  void TearDown() override {
    descent_session_destroy(session);
    descent_bundle_close(bundle);
  }

  float trainOn(const descent::runtime::Dataset &data, int step) {
    descent_run *run = nullptr;
    void *input = nullptr;
    const void *loss = nullptr;
    size_t size = 0;
    EXPECT_EQ(descent_session_begin(session, "train", &run), DESCENT_OK)
        << descent_last_error();
    EXPECT_EQ(descent_run_input(run, "image", &input, &size), DESCENT_OK);
    EXPECT_EQ(size, 32u * 784 * 4);
    for (size_t i = 0; i < 32 * 784; ++i)
      static_cast<float *>(input)[i] = float(data.fields[0].data[i]) / 255.0f;
    EXPECT_EQ(descent_run_input(run, "label", &input, &size), DESCENT_OK);
    for (size_t i = 0; i < 32; ++i)
      static_cast<int32_t *>(input)[i] = int32_t(data.fields[1].data[i]);
    descent_control control{};
    control.struct_size = sizeof control;
    control.step = step;
    EXPECT_EQ(descent_run_submit(run, &control), DESCENT_OK);
    EXPECT_EQ(descent_run_wait(run), DESCENT_OK);
    EXPECT_EQ(descent_run_output(run, "loss", &loss, &size), DESCENT_OK);
    return *static_cast<const float *>(loss);
  }
};

TEST_F(CInterface, TrainsSavesAndLoads) {
  descent::runtime::TemporaryFolder folder;
  std::string path = folder.path + "/w.safetensors";
  auto data = descent::runtime::openDataset("glyphs?count=32",
                                            descent::runtime::Part::Train);
  float first = trainOn(data, 1), last = first;
  ASSERT_EQ(descent_session_save_weights(session, path.c_str()), DESCENT_OK);
  for (int step = 2; step <= 20; ++step)
    last = trainOn(data, step);
  EXPECT_LT(last, first / 2);
  ASSERT_EQ(descent_session_load_weights(session, path.c_str()), DESCENT_OK)
      << descent_last_error();
  float again = trainOn(data, 2);
  EXPECT_GT(again, last);
  EXPECT_EQ(descent_session_load_weights(session, "/nonexistent"),
            DESCENT_INVALID);
}

TEST_F(CInterface, DescribesTensors) {
  descent_tensor tensor{};
  tensor.struct_size = sizeof tensor;
  ASSERT_EQ(descent_bundle_input(bundle, 0, &tensor), DESCENT_OK);
  EXPECT_STREQ(tensor.name, "image");
  EXPECT_EQ(tensor.rank, 4u);
  EXPECT_EQ(tensor.shape[3], 28);
  EXPECT_EQ(tensor.batch_axis, 0);
  EXPECT_EQ(descent_bundle_input(bundle, 2, &tensor), DESCENT_USAGE);
  uint32_t states = 0;
  while (descent_bundle_state(bundle, states, &tensor) == DESCENT_OK)
    ++states;
  EXPECT_EQ(states, 6u);
  EXPECT_EQ(tensor.role, DESCENT_STATUS);
  ASSERT_EQ(descent_entry_output(bundle, "predict", 0, &tensor), DESCENT_OK);
  EXPECT_EQ(tensor.dtype, DESCENT_I32);
  ASSERT_EQ(descent_entry_input(bundle, "train", 1, &tensor), DESCENT_OK);
  EXPECT_STREQ(tensor.name, "label");
}

TEST_F(CInterface, OlderCallersKnowFewerFields) {
  descent_tensor tensor{};
  tensor.struct_size = offsetof(descent_tensor, name);
  tensor.rank = 99;
  ASSERT_EQ(descent_bundle_input(bundle, 1, &tensor), DESCENT_OK);
  EXPECT_EQ(tensor.dtype, DESCENT_I32);
  EXPECT_EQ(tensor.rank, 99u) << "nothing beyond struct_size is written";
}

TEST_F(CInterface, AnswersMisuse) {
  descent_run *run = nullptr;
  void *data = nullptr;
  const void *output = nullptr;
  size_t size = 0;
  float one = 0;
  EXPECT_EQ(descent_session_begin(session, "dance", &run), DESCENT_USAGE);
  EXPECT_STREQ(descent_last_error(), "the bundle has no entry 'dance'");
  EXPECT_EQ(run, nullptr);
  ASSERT_EQ(descent_session_begin(session, "predict", &run), DESCENT_OK);
  EXPECT_EQ(descent_run_input(run, "label", &data, &size), DESCENT_USAGE);
  EXPECT_EQ(descent_run_wait(run), DESCENT_USAGE);
  descent_control control{sizeof(descent_control), 0, 0, 33, 1};
  EXPECT_EQ(descent_run_submit(run, &control), DESCENT_USAGE);
  ASSERT_EQ(descent_run_submit(run, nullptr), DESCENT_OK);
  EXPECT_EQ(descent_run_submit(run, nullptr), DESCENT_USAGE);
  EXPECT_EQ(descent_run_input(run, "image", &data, &size), DESCENT_USAGE);
  EXPECT_EQ(descent_run_output(run, "class", &output, &size), DESCENT_USAGE);
  EXPECT_EQ(descent_run_wait(run), DESCENT_OK);
  EXPECT_EQ(descent_run_output(run, "loss", &output, &size), DESCENT_USAGE);
  EXPECT_EQ(descent_session_read_state(session, "bias", &one, sizeof one),
            DESCENT_USAGE);
  EXPECT_STREQ(descent_last_error(), "the state 'bias' has 40 bytes, not 4");
  EXPECT_EQ(descent_session_write_state(session, "boas", &one, sizeof one),
            DESCENT_USAGE);
  EXPECT_EQ(descent_bundle_open(nullptr, &bundle), DESCENT_USAGE);
  descent_bundle *none = nullptr;
  EXPECT_EQ(descent_bundle_open("/nonexistent.bundle", &none), DESCENT_INVALID);
  EXPECT_EQ(none, nullptr);
}

TEST_F(CInterface, BeginsNoRunTwice) {
  descent_run *first = nullptr, *second = nullptr, *third = nullptr;
  ASSERT_EQ(descent_session_begin(session, "predict", &first), DESCENT_OK);
  ASSERT_EQ(descent_session_begin(session, "predict", &second), DESCENT_OK);
  EXPECT_NE(first, second);
  EXPECT_EQ(descent_session_begin(session, "predict", &third), DESCENT_USAGE);
  EXPECT_NE(std::strstr(descent_last_error(), "was not submitted"), nullptr)
      << descent_last_error();
  EXPECT_EQ(third, nullptr);
  ASSERT_EQ(descent_run_submit(first, nullptr), DESCENT_OK);
  EXPECT_EQ(descent_session_begin(session, "predict", &third), DESCENT_USAGE);
  ASSERT_EQ(descent_run_wait(first), DESCENT_OK);
  EXPECT_EQ(descent_session_begin(session, "predict", &third), DESCENT_OK);
  EXPECT_EQ(third, first);
}

TEST_F(CInterface, AsksTheValidator) {
  descent_session_options options{};
  options.struct_size = sizeof options;
  int asked = 0;
  options.user = &asked;
  options.validator = [](const uint32_t *code, size_t size, void *user) -> int {
    EXPECT_EQ(code[0], 0x07230203u);
    EXPECT_GT(size, 20u);
    ++*static_cast<int *>(user);
    return 1;
  };
  descent_session *strict = nullptr;
  ASSERT_EQ(descent_session_create(bundle, &options, &strict), DESCENT_OK);
  EXPECT_EQ(descent_session_prepare(strict, "metrics"), DESCENT_INVALID);
  EXPECT_EQ(asked, 1);
  descent_session_destroy(strict);
  options.device = "toaster";
  EXPECT_EQ(descent_session_create(bundle, &options, &strict), DESCENT_USAGE);
}

} // namespace
