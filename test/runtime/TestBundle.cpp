// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Unpacking and packing of bundles, independent of the compiler's writer.
#include "TestBundle.h"
#include "core/File.h"
#include "core/Sha256.h"
#include "core/Zip.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <zlib.h>

namespace descent::runtime {
namespace {

std::string little(uint64_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i)
    text += char(value >> (8 * i));
  return text;
}

std::string makeTemporaryFolder() {
  std::string name =
      (std::filesystem::temp_directory_path() / "descent-test-XXXXXX").string();
  return ::mkdtemp(name.data());
}

} // namespace

Bytes testBundle() { return readFile(DESCENT_TEST_BUNDLE); }

Parts unpack(const Bytes &bundle) {
  Parts parts;
  for (auto &[name, data] : readZip(bundle)) {
    std::string text(reinterpret_cast<const char *>(data.data()), data.size());
    parts.insert(name == "manifest.json" ? parts.begin() : parts.end(),
                 {name, text});
  }
  return parts;
}

Bytes pack(const Parts &parts) {
  std::string out, directory;
  for (auto &[name, data] : parts) {
    std::string sizes = little(data.size(), 4) + little(data.size(), 4);
    uLong crc = crc32(0, reinterpret_cast<const Bytef *>(data.data()),
                      uInt(data.size()));
    std::string shared = little(20, 2) + little(0, 2) + little(0, 2) +
                         little(0, 2) + little(0x21, 2) + little(crc, 4) +
                         sizes + little(name.size(), 2);
    size_t padding = (64 - (out.size() + 30 + name.size() + 4) % 64) % 64;
    directory += little(0x02014b50, 4) + little(20, 2) + shared +
                 std::string(12, '\0') + little(out.size(), 4) + name;
    out += little(0x04034b50, 4) + shared + little(padding + 4, 2) + name;
    out += little(0xDE5C, 2) + little(padding, 2) + std::string(padding, '\0') +
           data;
  }
  std::string end = little(0x06054b50, 4) + little(0, 4) +
                    little(parts.size(), 2) + little(parts.size(), 2) +
                    little(directory.size(), 4) + little(out.size(), 4) +
                    little(0, 2);
  std::string whole = out + directory + end;
  auto bytes = std::as_bytes(std::span(whole));
  return Bytes(bytes.begin(), bytes.end());
}

Bytes changedBundle(
    const std::function<void(nlohmann::json &, nlohmann::json &)> &change) {
  Parts parts = unpack(testBundle());
  const std::string trainFile = "variants/plain/train.json";
  auto train = std::find_if(parts.begin(), parts.end(), [&](auto &part) {
    return part.first == trainFile;
  });
  nlohmann::json manifest = nlohmann::json::parse(parts[0].second),
                 schedule = nlohmann::json::parse(train->second);
  change(manifest, schedule);
  train->second = schedule.dump();
  if (manifest["files"].contains(trainFile))
    manifest["files"][trainFile] =
        sha256(std::as_bytes(std::span(train->second)));
  parts[0].second = manifest.dump();
  return pack(parts);
}

TemporaryFolder::TemporaryFolder() : path(makeTemporaryFolder()) {}
TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path); }

std::string TemporaryFolder::file(const std::string &name,
                                  const std::string &content) const {
  std::string full = path + "/" + name;
  std::ofstream(full, std::ios::binary) << content;
  return full;
}

} // namespace descent::runtime
