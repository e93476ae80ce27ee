// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Header, then data: checking every size of the one against the other.
#include "train/Safetensors.h"
#include "core/Error.h"
#include "core/File.h"
#include "core/Json.h"

#include <algorithm>

namespace descent::runtime {
namespace {

constexpr uint64_t largestHeader = 100 << 20;

/// Bytes of an element, or 0 for a dtype that the format does not have.
uint64_t sizeOf(const std::string &dtype) {
  static const std::map<std::string, uint64_t> sizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
      {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8}};
  auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

struct Extent {
  uint64_t begin, end;
  std::string name;
};

StoredTensor readTensor(const JsonView &view, std::span<const std::byte> data,
                        Extent &extent) {
  StoredTensor tensor;
  tensor.dtype = view.get("dtype").text();
  uint64_t bytes = sizeOf(tensor.dtype);
  if (bytes == 0)
    view.get("dtype").expected("a dtype of the safetensors format");
  for (const JsonView &size : view.get("shape").elements()) {
    tensor.shape.push_back(int64_t(size.count(0, INT64_MAX)));
    uint64_t factor = uint64_t(tensor.shape.back());
    if (factor != 0 && bytes > data.size() / factor)
      view.get("shape").expected(
          concat("a tensor that fits into the file's ", data.size(), " bytes"));
    bytes *= factor;
  }
  auto offsets = view.get("data_offsets").elements(2);
  extent.begin = offsets[0].count(0, data.size());
  extent.end = offsets[1].count(extent.begin, data.size());
  if (extent.end - extent.begin != bytes)
    view.get("data_offsets")
        .expected(concat(bytes, " bytes for shape ", print(tensor.shape)));
  tensor.data = data.subspan(extent.begin, bytes);
  return tensor;
}

} // namespace

SafetensorsFile SafetensorsFile::open(const std::string &path) {
  return SafetensorsFile(readFile(path), path);
}

SafetensorsFile::SafetensorsFile(std::vector<std::byte> content,
                                 const std::string &what)
    : bytes(std::move(content)) {
  if (bytes.size() < 8)
    fail(Status::Invalid, what, ": not a safetensors file: ", bytes.size(),
         " bytes, its header length needs 8");
  uint64_t length = 0;
  for (int i = 0; i < 8; ++i)
    length |= uint64_t(bytes[size_t(i)]) << (8 * i);
  if (length > largestHeader || length > bytes.size() - 8)
    fail(Status::Invalid, what,
         ": not a safetensors file, or truncated: a header of ", length,
         " bytes in a file of ", bytes.size());
  nlohmann::json document =
      parseJson(std::span(bytes).subspan(8, length), what + ": header");
  std::span<const std::byte> data =
      std::span<const std::byte>(bytes).subspan(8 + length);

  std::vector<Extent> extents;
  for (auto &[name, view] : JsonView(document, what + ": ").members()) {
    if (name == "__metadata__") {
      for (auto &[key, value] : view.members())
        metadata[key] = value.text();
      continue;
    }
    extents.push_back({0, 0, name});
    tensors[name] = readTensor(view, data, extents.back());
  }
  std::sort(extents.begin(), extents.end(),
            [](const Extent &a, const Extent &b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  uint64_t end = 0;
  for (const Extent &extent : extents) {
    if (extent.begin != end)
      fail(Status::Invalid, what, ": tensor '", extent.name, "' begins at ",
           extent.begin, ", expected ", end,
           " (gaps and overlaps are not allowed)");
    end = extent.end;
  }
  if (end != data.size())
    fail(Status::Invalid, what, ": ", data.size() - end,
         " bytes belong to no tensor");
}

void writeSafetensors(const std::string &path,
                      const std::vector<TensorToStore> &tensors,
                      const std::map<std::string, std::string> &metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata;
  uint64_t end = 0;
  for (const TensorToStore &tensor : tensors) {
    uint64_t begin = end;
    end += tensor.data.size();
    header[tensor.name] = {{"dtype", safetensorsName(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length(8, '\0');
  for (int i = 0; i < 8; ++i)
    length[size_t(i)] = char(uint64_t(text.size()) >> (8 * i));

  AtomicFile file(path);
  file.write(length);
  file.write(text);
  for (const TensorToStore &tensor : tensors)
    file.write(tensor.data);
  file.commit();
}

} // namespace descent::runtime
