// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The .npz and .csv writers.
#include "data/Npz.h"
#include "core/Error.h"
#include "core/File.h"
#include "core/Numbers.h"

#include <charconv>
#include <cstring>
#include <zlib.h>

namespace descent::runtime {
namespace {

/// Little-endian numbers in a row.
class Bytes {
public:
  Bytes &u16(uint64_t value) { return put(value, 2); }
  Bytes &u32(uint64_t value) { return put(value, 4); }
  Bytes &add(const std::string &more) {
    text += more;
    return *this;
  }
  std::string text;

private:
  Bytes &put(uint64_t value, int size) {
    for (int i = 0; i < size; ++i)
      text += char(value >> (8 * i));
    return *this;
  }
};

const char *numpyName(DType dtype) {
  switch (dtype) {
  case DType::I32:
    return "<i4";
  case DType::F64:
    return "<f8";
  case DType::F16:
    return "<f2";
  case DType::U32:
    return "<u4";
  case DType::F32:
  case DType::BF16:
    return "<f4";
  }
  return "";
}

/// The array as NumPy can have it: bf16 as f32.
Array forNumPy(const Array &array) {
  if (array.dtype != DType::BF16)
    return array;
  Array wide = {array.name, DType::F32, array.shape, {}};
  uint64_t elements = elementsOf(array.shape);
  wide.data.resize(4 * elements);
  for (uint64_t i = 0; i < elements; ++i)
    storeNumber(wide.data.data() + 4 * i, DType::F32,
                loadNumber(array.data.data() + 2 * i, DType::BF16));
  return wide;
}

/// The header of a .npy file (numpy.lib.format, version 1.0), padded so that
/// the data begins at a multiple of 64.
std::string npyHeader(const Array &array) {
  std::string shape;
  for (int64_t size : array.shape)
    shape += std::to_string(size) + ",";
  std::string text =
      concat("{'descr': '", numpyName(array.dtype),
             "', 'fortran_order': False, 'shape': (", shape, "), }");
  text.resize((text.size() + 10 + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  text += '\n';
  return Bytes()
      .add(std::string("\x93NUMPY\x01\x00", 8))
      .u16(text.size())
      .add(text)
      .text;
}

/// The fields that the local and the central header of a stored entry share
/// (APPNOTE 4.4), from "version needed" on.
std::string sharedFields(uint32_t crc, uint64_t size, const std::string &name) {
  constexpr unsigned version = 20, flags = 0, method = 0, time = 0,
                     date = 0x21; // 1980-01-01
  return Bytes()
      .u16(version)
      .u16(flags)
      .u16(method)
      .u16(time)
      .u16(date)
      .u32(crc)
      .u32(size)
      .u32(size)
      .u16(name.size())
      .u16(0)
      .text;
}

std::string numberAt(const Array &array, uint64_t index) {
  char text[32], *textEnd = text + sizeof text;
  double number =
      loadNumber(array.data.data() + sizeOf(array.dtype) * index, array.dtype);
  auto end = !isFloat(array.dtype)
                 ? std::to_chars(text, textEnd, int64_t(number)).ptr
             : array.dtype == DType::F64
                 ? std::to_chars(text, textEnd, number).ptr
                 : std::to_chars(text, textEnd, float(number)).ptr;
  return std::string(text, end);
}

} // namespace

void writeNpz(const std::string &path, const std::vector<Array> &arrays) {
  AtomicFile file(path);
  std::string directory;
  uint64_t offset = 0;
  for (const Array &given : arrays) {
    Array array = forNumPy(given);
    std::string name = array.name + ".npy", header = npyHeader(array);
    uint64_t size = header.size() + array.data.size();
    if (offset + size > UINT32_MAX / 2)
      fail(Status::Failure, "'", path, "': ", offset + size,
           " bytes are more than an .npz of this writer can hold");
    uLong crc = crc32_z(0, reinterpret_cast<const Bytef *>(header.data()),
                        header.size());
    crc = crc32_z(crc, reinterpret_cast<const Bytef *>(array.data.data()),
                  array.data.size());
    std::string shared = sharedFields(uint32_t(crc), size, name);
    std::string local = Bytes().u32(0x04034b50).add(shared).add(name).text;
    file.write(local + header);
    file.write(array.data);
    directory += Bytes()
                     .u32(0x02014b50)
                     .u16(20)
                     .add(shared)
                     .u16(0)
                     .u16(0)
                     .u16(0)
                     .u32(0)
                     .u32(offset)
                     .add(name)
                     .text;
    offset += local.size() + size;
  }
  file.write(directory);
  file.write(Bytes()
                 .u32(0x06054b50)
                 .u16(0)
                 .u16(0)
                 .u16(arrays.size())
                 .u16(arrays.size())
                 .u32(directory.size())
                 .u32(offset)
                 .u16(0)
                 .text);
  file.commit();
}

void writeCsv(const std::string &path, const std::vector<Array> &arrays) {
  AtomicFile file(path);
  uint64_t rows = arrays.empty() ? 0 : uint64_t(arrays[0].shape.at(0));
  std::string line;
  auto endLine = [&] {
    line.back() = '\n';
    file.write(line);
    line.clear();
  };
  for (const Array &array : arrays) {
    uint64_t columns = elementsOf(array.shape) / rows;
    for (uint64_t i = 0; i < columns; ++i)
      line += columns > 1 ? concat(array.name, ".", i, ",") : array.name + ",";
  }
  for (uint64_t row = 0; row < rows; ++row) {
    endLine();
    for (const Array &array : arrays) {
      uint64_t columns = elementsOf(array.shape) / rows;
      for (uint64_t i = 0; i < columns; ++i)
        line += numberAt(array, row * columns + i) + ",";
    }
  }
  if (!line.empty())
    endLine();
  file.commit();
}

} // namespace descent::runtime
