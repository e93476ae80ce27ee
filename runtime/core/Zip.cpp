// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ZIP reader: the end record, then the central directory, each entry
// checked against its local header.
#include "core/Zip.h"
#include "core/Error.h"

#include <cstdint>
#include <zlib.h>

namespace descent::runtime {
namespace {

constexpr uint32_t localSignature = 0x04034b50, centralSignature = 0x02014b50,
                   endSignature = 0x06054b50;
constexpr size_t localSize = 30, centralSize = 46, endSize = 22;
constexpr uint16_t paddingBlock = 0xDE5C;

/// Little-endian fields of a record that is known to lie inside the archive.
class Fields {
public:
  explicit Fields(std::span<const std::byte> bytes) : bytes(bytes) {}
  uint16_t u16(size_t at) const {
    return uint16_t(bytes[at]) | uint16_t(bytes[at + 1]) << 8;
  }
  uint32_t u32(size_t at) const {
    return u16(at) | uint32_t(u16(at + 2)) << 16;
  }

private:
  std::span<const std::byte> bytes;
};

[[noreturn]] void broken(size_t offset, const std::string &what) {
  fail(Status::Invalid, "broken archive at offset ", offset, ": ", what);
}

std::span<const std::byte> slice(std::span<const std::byte> data, size_t offset,
                                 size_t size, const char *what) {
  if (offset > data.size() || size > data.size() - offset)
    broken(offset, concat(what, " needs ", size, " bytes, the file ends at ",
                          data.size()));
  return data.subspan(offset, size);
}

void checkName(const std::string &name, size_t offset) {
  if (name.empty() || name.front() == '/' || name.back() == '/')
    broken(offset, "entry name '" + name + "' is empty, absolute or a folder");
  for (unsigned char c : name)
    if (c <= 0x20 || c >= 0x7f || c == '\\')
      broken(offset, "an entry name holds a character that is not allowed");
  for (size_t at = 0; at <= name.size();) {
    size_t end = std::min(name.find('/', at), name.size());
    std::string part = name.substr(at, end - at);
    if (part.empty() || part == "." || part == "..")
      broken(offset, "entry name '" + name + "' has a part '" + part + "'");
    at = end + 1;
  }
}

/// An extra field is either absent or exactly one padding block.
void checkExtra(std::span<const std::byte> extra, size_t offset) {
  if (extra.empty())
    return;
  if (extra.size() < 4 || Fields(extra).u16(0) != paddingBlock ||
      Fields(extra).u16(2) != extra.size() - 4)
    broken(offset, "the extra field is not one padding block (0xDE5C)");
}

std::string text(std::span<const std::byte> bytes) {
  return std::string(reinterpret_cast<const char *>(bytes.data()),
                     bytes.size());
}

} // namespace

std::map<std::string, std::span<const std::byte>>
readZip(std::span<const std::byte> data) {
  if (data.size() < endSize)
    fail(Status::Invalid, "not a bundle: ", data.size(),
         " bytes are less than an empty archive has");
  size_t endOffset = data.size() - endSize;
  Fields end(data.subspan(endOffset));
  if (end.u32(0) != endSignature)
    broken(
        endOffset,
        "no end-of-archive record (the file is truncated, or is not a bundle)");
  uint16_t count = end.u16(10);
  size_t directorySize = end.u32(12), directoryOffset = end.u32(16);
  if (end.u16(4) != 0 || end.u16(6) != 0 || end.u16(8) != count ||
      end.u16(20) != 0)
    broken(endOffset,
           "several disks or a comment, which a bundle does not have");
  if (directoryOffset > endOffset ||
      directorySize != endOffset - directoryOffset)
    broken(endOffset, "the directory does not end where this record begins");

  std::map<std::string, std::span<const std::byte>> entries;
  size_t at = directoryOffset, expectedLocal = 0;
  for (unsigned i = 0; i < count; ++i) {
    Fields central(slice(data, at, centralSize, "a directory record"));
    if (central.u32(0) != centralSignature)
      broken(at, "no directory record");
    size_t nameSize = central.u16(28), extraSize = central.u16(30);
    if (central.u16(32) != 0 || central.u16(34) != 0)
      broken(at, "a comment or a disk number, which a bundle does not have");
    std::string name =
        text(slice(data, at + centralSize, nameSize, "an entry name"));
    checkName(name, at);
    checkExtra(
        slice(data, at + centralSize + nameSize, extraSize, "an extra field"),
        at);

    size_t local = central.u32(42), size = central.u32(24);
    if (local != expectedLocal)
      broken(at, concat("'", name, "' should begin at ", expectedLocal,
                        ", the directory says ", local));
    Fields header(slice(data, local, localSize, "an entry header"));
    if (header.u32(0) != localSignature)
      broken(local, "no entry header of '" + name + "'");
    if (header.u16(8) != 0 || central.u16(10) != 0)
      broken(local,
             "'" + name + "' is compressed; entries of a bundle are stored");
    // Bit 11 (UTF-8 names) says nothing about ASCII names; every other flag
    // changes how the data is read.
    if ((header.u16(6) | central.u16(8)) & ~0x0800u)
      broken(local, "'" + name + "' has flags that a bundle does not use");
    // Version needed, flags, method, time, date, CRC, both sizes and the name's
    // length stand in both headers.
    for (auto [localField, centralField] :
         {std::pair(4, 6), {6, 8}, {10, 12}, {12, 14}, {26, 28}})
      if (header.u16(localField) != central.u16(centralField))
        broken(local,
               "the header of '" + name + "' disagrees with the directory");
    for (auto [localField, centralField] :
         {std::pair(14, 16), {18, 20}, {22, 24}})
      if (header.u32(localField) != central.u32(centralField))
        broken(local,
               "the header of '" + name + "' disagrees with the directory");
    if (central.u32(20) != size)
      broken(local, "'" + name + "' is stored but has two different sizes");
    if (text(slice(data, local + localSize, nameSize, "an entry name")) != name)
      broken(local, "the header of '" + name + "' has another name");
    size_t localExtra = header.u16(28);
    checkExtra(
        slice(data, local + localSize + nameSize, localExtra, "an extra field"),
        local);

    size_t begin = local + localSize + nameSize + localExtra;
    if (begin % 64 != 0)
      broken(begin,
             "the data of '" + name + "' does not begin at a multiple of 64");
    if (begin > directoryOffset || size > directoryOffset - begin)
      broken(begin, "the data of '" + name + "' runs into the directory");
    std::span<const std::byte> content = data.subspan(begin, size);
    uLong crc = crc32_z(0, reinterpret_cast<const Bytef *>(content.data()),
                        content.size());
    if (crc != header.u32(14))
      broken(begin, "the data of '" + name + "' was altered (CRC-32 differs)");
    if (!entries.emplace(name, content).second)
      broken(at, "'" + name + "' stands in the archive twice");
    expectedLocal = begin + size;
    at += centralSize + nameSize + extraSize;
  }
  if (at != endOffset || expectedLocal != directoryOffset)
    broken(at, "bytes that belong to no entry");
  return entries;
}

} // namespace descent::runtime
