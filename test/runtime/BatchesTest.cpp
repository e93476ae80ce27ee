// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Binding fields to inputs, gathering rows, and the order of runs, without a
// device.
#include "data/Batches.h"
#include "TestBundle.h"
#include "core/Numbers.h"
#include "train/Evaluate.h"

#include <cstring>

namespace descent::runtime {
namespace {

/// A run over plain memory.
struct HostRun : Run {
  std::vector<Bytes> memory;
  HostRun(const Program &program, const Entry &of) {
    entry = &of;
    for (unsigned input : of.inputs)
      memory.emplace_back(program.inputs[input].bytes());
    for (Bytes &bytes : memory)
      inputs.push_back(bytes);
  }
  float real(size_t input, size_t at) const {
    float value;
    std::memcpy(&value, memory[input].data() + 4 * at, 4);
    return value;
  }
};

Program tiny(Shape image, unsigned axis) {
  Program program;
  Tensor x{"image", DType::F32, std::move(image), axis, {}},
      y{"label", DType::I32, {4}, 0, {{0, 10}}};
  program.inputs = {x, y};
  program.entries["train"] = {"train", {0, 1}, {}, 4};
  return program;
}

Dataset tinyData() {
  Dataset data{"tiny", 6, {}};
  Field image{"image", Field::Storage::U8, {2, 3}, Bytes(36), "images.idx"};
  Field label{"label", Field::Storage::U8, {}, Bytes(6), "labels.idx"};
  for (size_t i = 0; i < 36; ++i)
    image.data[i] = std::byte(i);
  for (size_t i = 0; i < 6; ++i)
    label.data[i] = std::byte(9 - i);
  data.fields = {image, label};
  return data;
}

TEST(Batches, ConvertsToTheInputsType) {
  for (DType dtype : {DType::F64, DType::F16, DType::BF16, DType::U32})
    for (Field::Storage storage : {Field::Storage::U8, Field::Storage::F32}) {
      bool isReal = storage == Field::Storage::F32;
      if (isReal && !isFloat(dtype))
        continue;
      Program program = tiny({4, 1, 2, 3}, 0);
      program.inputs[0].dtype = dtype;
      Dataset data = tinyData();
      Field &image = data.fields[0];
      if (isReal) {
        image.storage = storage;
        image.data.resize(36 * 4);
        for (size_t i = 0; i < 36; ++i)
          storeNumber(&image.data[4 * i], DType::F32, double(i) / 7);
      }
      Batches batches(data, program, program.entries["train"]);
      HostRun run(program, program.entries["train"]);
      const uint32_t rows[] = {5, 2};
      batches.fill(run, rows);
      uint64_t size = sizeOf(dtype);
      for (int row = 0; row < 2; ++row)
        for (int i = 0; i < 6; ++i) {
          int byte = int(rows[row]) * 6 + i;
          double number = isReal           ? double(float(byte / 7.0))
                          : isFloat(dtype) ? byte / 255.0
                                           : byte;
          std::byte expected[8];
          storeNumber(expected, dtype, number);
          EXPECT_EQ(std::memcmp(&run.memory[0][size * size_t(row * 6 + i)],
                                expected, size),
                    0)
              << name(dtype) << " " << byte;
        }
    }
}

TEST(Batches, GathersAndRepeatsAValidRow) {
  Program program = tiny({4, 1, 2, 3}, 0);
  Dataset data = tinyData();
  Batches batches(data, program, program.entries["train"]);
  HostRun run(program, program.entries["train"]);
  const uint32_t rows[] = {5, 2};
  batches.fill(run, rows);
  EXPECT_EQ(run.control.valid, 2);
  EXPECT_EQ(run.real(0, 0), 30 / 255.0f);
  EXPECT_EQ(run.real(0, 6), 12 / 255.0f);
  EXPECT_EQ(run.real(0, 12), 30 / 255.0f) << "padding repeats a valid row";
  int32_t label;
  std::memcpy(&label, run.memory[1].data() + 4, 4);
  EXPECT_EQ(label, 7);
}

TEST(Batches, EntriesThatMixRowsNeedAllOfThem) {
  Program program = tiny({4, 1, 2, 3}, 0);
  Entry &entry = program.entries["train"];
  entry.wholeBatches = true;
  Dataset data = tinyData(); // 6 samples, the batch is 4
  Batches batches(data, program, entry, LastBatch::Dropped);
  HostRun run(program, entry);
  const uint32_t rows[] = {5, 2, 1, 0};
  batches.fill(run, rows);
  EXPECT_EQ(run.control.valid, 4);
  expectError(
      Status::Invalid,
      "the entry 'train' needs whole batches of 4 samples, because its "
      "layers mix them, and the 6 of 'tiny' leave 2 over: do this, "
      "give it",
      [&] { Batches(data, program, entry, LastBatch::Padded, "do this, "); });
  data.size = 4;
  EXPECT_NO_THROW(Batches(data, program, entry));
}

TEST(Batches, RefusesNumbersThatAHalfCannotHold) {
  Dataset data = tinyData();
  Field &image = data.fields[0];
  image.storage = Field::Storage::F32;
  image.data = Bytes(36 * 4);
  storeNumber(&image.data[4 * 20], DType::F32, 65519);
  Program program = tiny({4, 2, 3}, 0);
  for (DType dtype : {DType::F32, DType::F64, DType::F16, DType::BF16}) {
    program.inputs[0].dtype = dtype;
    EXPECT_NO_THROW(Batches(data, program, program.entries["train"]));
  }
  storeNumber(&image.data[4 * 20], DType::F32, 65520);
  program.inputs[0].dtype = DType::BF16;
  EXPECT_NO_THROW(Batches(data, program, program.entries["train"]));
  program.inputs[0].dtype = DType::F16;
  expectError(Status::Invalid,
              "field 'image' at index 3 of 'images.idx' is 65520, which is "
              "infinite as f16, the type of the model's input 'image'",
              [&] { Batches(data, program, program.entries["train"]); });
}

TEST(Batches, InputsInSizesOfAnEntryAreCalledAfterIt) {
  Program program = tiny({4, 1, 2, 3}, 0);
  program.inputs[0].name = "train.image";
  Dataset data = tinyData();
  Batches batches(data, program, program.entries["train"]);
  HostRun run(program, program.entries["train"]);
  const uint32_t rows[] = {5, 2};
  batches.fill(run, rows);
  EXPECT_EQ(run.real(0, 0), 30 / 255.0f);
}

TEST(Batches, TheBatchAxisMayBeAnyAxis) {
  Program program = tiny({2, 4, 3}, 1);
  Dataset data = tinyData();
  Batches batches(data, program, program.entries["train"]);
  HostRun run(program, program.entries["train"]);
  const uint32_t rows[] = {1, 2, 3, 4};
  batches.fill(run, rows);
  EXPECT_EQ(run.real(0, 3), 12 / 255.0f)
      << "[0, 1, 0] is the second sample's first row";
  EXPECT_EQ(run.real(0, 12), 9 / 255.0f)
      << "[1, 0, 0] is the first sample's second row";
}

TEST(Batches, RefusesWhatDoesNotFit) {
  auto refuse = [](const std::string &expected, const Program &program,
                   const Dataset &data) {
    expectError(Status::Invalid, expected,
                [&] { Batches(data, program, program.entries.at("train")); });
  };
  refuse("shape [2, 3], the model's input needs [3, 2]", tiny({4, 3, 2}, 0),
         tinyData());
  EXPECT_NO_THROW(
      Batches(tinyData(), tiny({4, 6}, 0), tiny({4, 6}, 0).entries["train"]));
  Dataset renamed = tinyData();
  renamed.fields[0].name = "picture";
  refuse("'image' has no field in 'tiny', which has 'picture', 'label'",
         tiny({4, 2, 3}, 0), renamed);
  Dataset outOfRange = tinyData();
  outOfRange.fields[1].data[4] = std::byte(10);
  refuse(
      "field 'label' at index 4 of 'labels.idx' is 10, the model takes 0 to 9",
      tiny({4, 2, 3}, 0), outOfRange);
  Dataset infinite = tinyData();
  infinite.fields[0].storage = Field::Storage::F32;
  infinite.fields[0].data = Bytes(36 * 4, std::byte(0xff));
  refuse("field 'image' at index 0 of 'images.idx'", tiny({4, 2, 3}, 0),
         infinite);
  Dataset mistyped = tinyData();
  mistyped.fields[1].storage = Field::Storage::F32;
  mistyped.fields[1].data = Bytes(24);
  refuse("is f32, the model's input is i32", tiny({4, 2, 3}, 0), mistyped);
  Program fixed = tiny({4, 2, 3}, 0);
  fixed.inputs[0].batchAxis.reset();
  refuse("no batch axis", fixed, tinyData());
  refuse("no samples", tiny({4, 2, 3}, 0),
         Dataset{"empty", 0, tinyData().fields});
}

} // namespace
} // namespace descent::runtime
