// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the bytes of a bundle to a program: container, version, hashes, model,
// variants.
#include "core/BundleReader.h"
#include "core/Error.h"
#include "core/Sha256.h"
#include "core/Zip.h"

#include <set>

namespace descent::runtime {
namespace {

void checkVersion(const JsonView &manifest) {
  auto format = manifest.get("format").elements(2);
  uint64_t major = format[0].count(0, UINT32_MAX),
           minor = format[1].count(0, UINT32_MAX);
  if (major != 1)
    fail(Status::Invalid, "the bundle has format ", major, ".", minor,
         ", this reader knows 1.1: use a descent-run of the same release as "
         "the descentc that wrote it");
}

/// Every entry but the manifest is listed with its hash, and nothing else is.
void checkHashes(const JsonView &listed, const Files &files) {
  size_t found = 0;
  for (auto &[path, hash] : listed.members()) {
    auto file = files.find(path);
    if (file == files.end() || path == "manifest.json")
      fail(Status::Invalid, hash.place(), ": the bundle has no such entry");
    if (sha256(file->second) != hash.text())
      fail(Status::Invalid, "'", path,
           "' was altered: its SHA-256 is not the manifest's");
    ++found;
  }
  if (found + 1 != files.size())
    for (auto &[path, data] : files)
      if (path != "manifest.json" && !listed.find(path))
        fail(Status::Invalid, "'", path, "' is not listed in the manifest");
}

} // namespace

std::string readFileStem(const JsonView &view) {
  std::string text = view.text();
  bool good = !text.empty() && text.size() <= 255 && text.front() != '.';
  for (unsigned char c : text)
    good &= std::isalnum(c) || c == '_' || c == '-' || c == '.';
  if (!good)
    view.expected("a name of letters, digits, '_', '-' and '.'");
  return text;
}

Place readPlace(const JsonView &view, const std::vector<Slab> &slabs,
                std::optional<uint64_t> size) {
  auto parts = view.elements(3);
  Place place;
  place.slab = uint32_t(parts[0].count(0, slabs.size() - 1));
  uint64_t slabSize = slabs[place.slab].size;
  place.offset = parts[1].count(0, slabSize);
  place.size = parts[2].count(4, largestSize);
  if (place.size > slabSize - place.offset)
    view.expected(concat("a range inside slab ", place.slab, ", which has ",
                         slabSize, " bytes"));
  if (place.offset % 4 != 0 || place.size % 4 != 0)
    view.expected("offset and size to be multiples of 4");
  if (size && place.size != *size)
    view.expected(concat("a range of ", *size, " bytes"));
  return place;
}

std::shared_ptr<const Program> readBundle(std::vector<std::byte> file) {
  auto program = std::make_shared<Program>();
  program->file = std::move(file);
  Files files = readZip(program->file);
  auto manifestFile = files.find("manifest.json");
  if (manifestFile == files.end())
    fail(Status::Invalid, "not a bundle: the archive has no manifest.json");

  nlohmann::json document = parseJson(manifestFile->second, "manifest.json");
  JsonView manifest(document, "manifest.json: ");
  checkVersion(manifest);
  checkHashes(manifest.get("files"), files);
  readModel(manifest, *program);

  std::set<std::string> names;
  for (const JsonView &view : manifest.get("variants").elements()) {
    program->variants.push_back(readVariant(view, *program, files));
    if (!names.insert(program->variants.back().name).second)
      view.get("name").expected("a name that no other variant has");
  }
  if (program->variants.empty())
    manifest.get("variants").expected("at least one variant");
  return program;
}

} // namespace descent::runtime
