// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Safetensors: round trip, hostile headers, and matching a file with a model.
#include "train/Safetensors.h"
#include "TestBundle.h"
#include "core/File.h"
#include "train/Weights.h"

#include <cstring>
#include <filesystem>

namespace descent::runtime {
namespace {

Bytes fileOf(const std::string &header, size_t dataSize,
             std::optional<uint64_t> claimed = {}) {
  uint64_t length = claimed.value_or(header.size());
  Bytes bytes(8 + header.size() + dataSize);
  for (size_t i = 0; i < 8; ++i)
    bytes[i] = std::byte(length >> (8 * i));
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

TEST(Safetensors, RoundTrip) {
  TemporaryFolder folder;
  std::vector<float> numbers = {1, -2.5f, 3e-30f};
  std::string path = folder.path + "/w.safetensors";
  writeSafetensors(
      path,
      {{"a.b", DType::F32, {3}, std::as_bytes(std::span(numbers))},
       {"s", DType::I32, {}, std::as_bytes(std::span(numbers)).first(4)}},
      {{"step", "7"}});
  SafetensorsFile file = SafetensorsFile::open(path);
  EXPECT_EQ(file.metadata.at("step"), "7");
  EXPECT_EQ(file.tensors.at("a.b").dtype, "F32");
  EXPECT_EQ(file.tensors.at("s").shape, Shape{});
  EXPECT_EQ(std::memcmp(file.tensors.at("a.b").data.data(), numbers.data(), 12),
            0);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}),
            1)
      << "a temporary file is left";
}

TEST(Safetensors, RefusesHostileHeaders) {
  const std::string good =
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_NO_THROW(SafetensorsFile(fileOf(good, 8), "f"));
  struct Case {
    const char *expected;
    Bytes file;
  };
  auto with = [](const std::string &tensor) {
    return "{\"a\":" + tensor + "}";
  };
  const std::vector<Case> cases = {
      {"header length needs 8", Bytes(7)},
      {"truncated", fileOf(good, 8, uint64_t(1) << 40)},
      {"truncated", fileOf(good, 8, ~uint64_t(0))},
      {"a header of", fileOf("", 0, 200 << 20)},
      {"not valid JSON", fileOf(good, 8, good.size() - 1)},
      {"not valid JSON", fileOf("{\"a\":\x80}", 8)},
      {"expected an object", fileOf("[]", 0)},
      {"nested", fileOf(std::string(1000, '['), 0)},
      {"twice", fileOf(R"({"a":{},"a":{}})", 0)},
      {"'dtype' is missing",
       fileOf(with(R"({"shape":[2],"data_offsets":[0,8]})"), 8)},
      {"dtype",
       fileOf(with(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})"), 8)},
      {"fits into",
       fileOf(
           with(
               R"({"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]})"),
           4)},
      {"fits into",
       fileOf(
           with(
               R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})"),
           0)},
      {"shape[0]",
       fileOf(with(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,8]})"), 8)},
      {"bytes for shape",
       fileOf(with(R"({"dtype":"F32","shape":[1],"data_offsets":[0,8]})"), 8)},
      {"data_offsets[1]",
       fileOf(with(R"({"dtype":"F32","shape":[2],"data_offsets":[0,16]})"), 8)},
      {"data_offsets[1]",
       fileOf(with(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), 8)},
      {"belong to no tensor", fileOf(good, 12)},
      {"begins at 4",
       fileOf(with(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), 8)},
      {"begins at 0",
       fileOf(
           R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
           8)},
      {"__metadata__", fileOf(R"({"__metadata__":{"k":1}})", 0)}};
  for (const Case &item : cases)
    expectError(Status::Invalid, item.expected,
                [&] { SafetensorsFile(item.file, "f"); });
}

class Weights : public testing::Test {
protected:
  std::shared_ptr<const Program> program = readBundle(testBundle());
  StateBytes weights = initialStates(*program, 1, {Role::Parameter});
  TemporaryFolder folder;

  std::string write(std::vector<TensorToStore> extra, bool withBias,
                    Shape weightShape = {10, 784}) {
    std::vector<TensorToStore> tensors = {
        {"weight", DType::F32, weightShape, weights.at(0)}};
    if (withBias)
      tensors.push_back({"bias", DType::F32, {10}, weights.at(1)});
    tensors.insert(tensors.end(), extra.begin(), extra.end());
    std::string path = folder.path + "/w.safetensors";
    writeSafetensors(path, tensors, {});
    return path;
  }
};

TEST_F(Weights, LoadByName) {
  Bytes counter(4);
  std::string path =
      write({{"1.num_batches_tracked", DType::I32, {}, counter}}, true);
  EXPECT_EQ(loadWeights(*program, path), weights);
}

TEST_F(Weights, SavedOnesLoad) {
  std::string path = folder.path + "/s.safetensors";
  saveWeights(*program, weights, path, {});
  EXPECT_EQ(loadWeights(*program, path), weights);
  EXPECT_EQ(SafetensorsFile::open(path).metadata.at("descent.model"),
            "softmax-regression");
}

TEST_F(Weights, RefuseWhatDoesNotFit) {
  expectError(Status::Invalid, "has shape [784, 10], the model needs [10, 784]",
              [&] {
                loadWeights(*program, write({}, true, {784, 10}));
              });
  expectError(Status::Invalid, "'bias' of the model (shape [10]) is missing",
              [&] { loadWeights(*program, write({}, false)); });
  expectError(
      Status::Invalid, "'other' (shape [1]) is not one of the model", [&] {
        loadWeights(*program,
                    write({{"other", DType::F32, {1}, Bytes(4)}}, true));
      });
  expectError(Status::Invalid, folder.path,
              [&] { loadWeights(*program, write({}, false)); });
}

TEST(File, NothingIsLeftOfAnAbandonedWrite) {
  TemporaryFolder folder;
  std::string path = folder.file("x", "old");
  { AtomicFile(path).write(std::string("new")); }
  EXPECT_EQ(readFile(path).size(), 3u);
  EXPECT_EQ(char(readFile(path)[0]), 'o');
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}),
            1);
}

} // namespace
} // namespace descent::runtime
