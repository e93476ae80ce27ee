// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The IDX files of MNIST and its relatives (http://yann.lecun.com/exdb/mnist),
// gzip-compressed or not.
#include "core/Error.h"
#include "core/File.h"
#include "data/Dataset.h"

#include <cstring>
#include <filesystem>
#include <zlib.h>

namespace descent::runtime {
namespace {

/// No data set of this kind is larger; a small .gz that claims more is refused
/// before memory runs out.
constexpr size_t largestFile = size_t(4) << 30;

std::vector<std::byte> inflateFile(const std::string &path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file)
    fail(Status::Invalid, "cannot open '", path, "'");
  std::vector<std::byte> data;
  constexpr unsigned chunk = 1 << 20;
  int got = 0;
  do {
    size_t used = data.size();
    data.resize(used + chunk);
    got = gzread(file, data.data() + used, chunk);
    data.resize(used + size_t(std::max(got, 0)));
  } while (got == int(chunk) && data.size() < largestFile);
  int state = Z_OK;
  std::string reason = gzerror(file, &state);
  gzclose_r(file);
  if (state != Z_OK && state != Z_STREAM_END)
    fail(Status::Invalid, "'", path, "' is damaged: ", reason);
  if (data.size() >= largestFile)
    fail(Status::Invalid, "'", path, "' holds more than ", largestFile,
         " bytes");
  return data;
}

/// name, or name.gz, in folder.
std::string findFile(const std::string &folder, const std::string &name) {
  std::string path = folder + "/" + name;
  for (const std::string &candidate : {path, path + ".gz"}) {
    std::error_code error;
    auto status = std::filesystem::status(candidate, error);
    if (std::filesystem::is_regular_file(status))
      return candidate;
    if (std::filesystem::exists(status))
      fail(Status::Invalid, "'", candidate, "' is not a file");
  }
  fail(Status::Invalid, "cannot open '", path, "' or '", path,
       ".gz': no such file");
}

/// Reads one IDX file of unsigned bytes with the given number of axes into
/// field; returns its samples.
uint64_t readIdx(const std::string &path, unsigned axes, Field &field) {
  std::vector<std::byte> data =
      path.ends_with(".gz") ? inflateFile(path) : readFile(path, largestFile);
  size_t header = 4 + 4 * size_t(axes);
  if (data.size() < header)
    fail(Status::Invalid, "'", path, "' is too short: ", data.size(),
         " bytes, its header needs ", header);
  auto byteAt = [&](size_t at) { return unsigned(data[at]); };
  if (byteAt(0) != 0 || byteAt(1) != 0 || byteAt(2) != 8 || byteAt(3) != axes)
    fail(Status::Invalid, "'", path,
         "' is not an IDX file of unsigned bytes with ", axes,
         " axes: it begins with ", byteAt(0), " ", byteAt(1), " ", byteAt(2),
         " ", byteAt(3), ", expected 0 0 8 ", axes);
  Shape sizes;
  uint64_t expected = 1;
  for (unsigned axis = 0; axis < axes; ++axis) {
    size_t at = 4 + 4 * axis;
    sizes.push_back(int64_t(byteAt(at) << 24 | byteAt(at + 1) << 16 |
                            byteAt(at + 2) << 8 | byteAt(at + 3)));
    if (sizes.back() <= 0 || expected > largestFile / uint64_t(sizes.back()))
      fail(Status::Invalid, "'", path, "': axis ", axis,
           " has the impossible size ", sizes.back());
    expected *= uint64_t(sizes.back());
  }
  if (data.size() - header != expected)
    fail(Status::Invalid, "'", path, "': its header says ", print(sizes),
         ", that is ", expected, " bytes, the file holds ",
         data.size() - header);
  field.shape.assign(sizes.begin() + 1, sizes.end());
  field.data.assign(data.begin() + long(header), data.end());
  field.source = path;
  return uint64_t(sizes[0]);
}

} // namespace

Dataset openIdx(const DataSpec &spec, Part part) {
  spec.allowOnly({});
  std::string prefix = part == Part::Train ? "train" : "t10k";
  Dataset dataset;
  dataset.description = spec.text;
  dataset.fields.resize(2);
  Field &image = dataset.fields[0], &label = dataset.fields[1];
  image.name = "image", label.name = "label";
  dataset.size =
      readIdx(findFile(spec.path, prefix + "-images-idx3-ubyte"), 3, image);
  uint64_t labels =
      readIdx(findFile(spec.path, prefix + "-labels-idx1-ubyte"), 1, label);
  if (labels != dataset.size)
    fail(Status::Invalid, "'", image.source, "' has ", dataset.size,
         " samples, '", label.source, "' has ", labels);
  return dataset;
}

} // namespace descent::runtime
