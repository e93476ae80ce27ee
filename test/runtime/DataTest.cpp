// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Data sets: specifications, IDX files good and bad, and the drawn digits.
#include "TestBundle.h"
#include "core/Sha256.h"
#include "data/Dataset.h"

#include <zlib.h>

namespace descent::runtime {
namespace {

std::string idx(std::vector<uint32_t> sizes, size_t dataSize, char fill = 1) {
  std::string text = {0, 0, 8, char(sizes.size())};
  for (uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8)
      text += char(size >> shift);
  return text + std::string(dataSize, fill);
}

TEST(DataSpec, Parses) {
  DataSpec spec = DataSpec::parse("idx:/a/b:c?count=3&seed=4");
  EXPECT_EQ(spec.kind, "idx");
  EXPECT_EQ(spec.path, "/a/b:c");
  EXPECT_EQ(spec.number("count", 9, 1, 10), 3u);
  EXPECT_EQ(spec.number("other", 9, 1, 10), 9u);
  expectError(Status::Usage, "from 1 to 2",
              [&] { spec.number("count", 1, 1, 2); });
  expectError(Status::Usage, "no option 'seed'",
              [&] { spec.allowOnly({"count"}); });
  expectError(Status::Usage, "key=value",
              [] { DataSpec::parse("glyphs?count"); });
  expectError(Status::Usage, "twice",
              [] { DataSpec::parse("glyphs?a=1&a=2"); });
  expectError(Status::Usage, "no kind of data",
              [] { openDataset("mnist:/x", Part::Train); });
  expectError(Status::Usage, "expected idx:DIR",
              [] { openDataset("idx", Part::Train); });
}

class Idx : public testing::Test {
protected:
  TemporaryFolder folder;
  void images(const std::string &content) {
    folder.file("train-images-idx3-ubyte", content);
  }
  void labels(const std::string &content) {
    folder.file("train-labels-idx1-ubyte", content);
  }
  Dataset open() { return openDataset("idx:" + folder.path, Part::Train); }
};

TEST_F(Idx, ReadsAPair) {
  images(idx({3, 2, 2}, 12));
  labels(idx({3}, 3));
  Dataset data = open();
  EXPECT_EQ(data.size, 3u);
  EXPECT_EQ(data.fields[0].name, "image");
  EXPECT_EQ(data.fields[0].shape, (Shape{2, 2}));
  EXPECT_EQ(data.fields[1].shape, Shape{});
}

TEST_F(Idx, ReadsGzip) {
  labels(idx({3}, 3));
  std::string content = idx({3, 2, 2}, 12);
  gzFile file =
      gzopen((folder.path + "/train-images-idx3-ubyte.gz").c_str(), "wb");
  gzwrite(file, content.data(), unsigned(content.size()));
  gzclose(file);
  EXPECT_EQ(open().fields[0].data.size(), 12u);
  folder.file("train-images-idx3-ubyte.gz",
              std::string("\x1f\x8b\x08", 3) + std::string(40, 'x'));
  expectError(Status::Invalid, "train-images-idx3-ubyte.gz", [&] { open(); });
}

TEST_F(Idx, RefusesBadFiles) {
  labels(idx({3}, 3));
  expectError(Status::Invalid, "no such file", [&] { open(); });
  images(idx({3, 2, 2}, 11));
  expectError(Status::Invalid, "12 bytes, the file holds 11", [&] { open(); });
  images(idx({3, 2, 2}, 13));
  expectError(Status::Invalid, "the file holds 13", [&] { open(); });
  images("ab");
  expectError(Status::Invalid, "too short", [&] { open(); });
  images(idx({3, 4}, 12) + "12345678");
  expectError(Status::Invalid, "expected 0 0 8 3", [&] { open(); });
  images(idx({0xffffffff, 0xffffffff, 0xffffffff}, 4));
  expectError(Status::Invalid, "impossible size", [&] { open(); });
  images(idx({2, 2, 2}, 8));
  expectError(Status::Invalid, "has 2 samples", [&] { open(); });
}

TEST(Glyphs, AreDeterministic) {
  Dataset data = openDataset("glyphs?count=50&seed=3", Part::Train);
  Dataset longer = openDataset("glyphs?count=60&seed=3", Part::Train);
  longer.fields[0].data.resize(data.fields[0].data.size());
  EXPECT_EQ(longer.fields[0].data, data.fields[0].data);
  EXPECT_NE(openDataset("glyphs?count=50&seed=4", Part::Train).fields[0].data,
            data.fields[0].data);
  EXPECT_NE(openDataset("glyphs?count=50&seed=3", Part::Test).fields[0].data,
            data.fields[0].data);
}

TEST(Glyphs, LookLikeDigits) {
  Dataset data = openDataset("glyphs", Part::Train);
  EXPECT_EQ(data.size, 10000u);
  EXPECT_EQ(openDataset("glyphs", Part::Test).size, 2000u);
  std::array<int, 10> counts{};
  for (std::byte label : data.fields[1].data)
    ++counts.at(size_t(label));
  for (int count : counts)
    EXPECT_NEAR(count, 1000, 150);
  // Ink covers a part of every picture, and reaches the border of few.
  uint64_t border = 0;
  for (size_t sample = 0; sample < 1000; ++sample) {
    unsigned ink = 0;
    for (size_t i = 0; i < 784; ++i) {
      bool dark = data.fields[0].data[sample * 784 + i] > std::byte(100);
      ink += dark;
      border += dark && (i < 28 || i >= 756 || i % 28 == 0 || i % 28 == 27);
    }
    EXPECT_GT(ink, 15u) << sample;
    EXPECT_LT(ink, 350u) << sample;
  }
  EXPECT_LT(border, 1000u);
}

} // namespace
} // namespace descent::runtime
