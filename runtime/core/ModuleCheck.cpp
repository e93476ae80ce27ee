// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A walk over a SPIR-V module that compares it with what the schedule says of
// it. It does not validate the module.
#include "core/BundleReader.h"
#include "core/Error.h"

#include <cstring>

namespace descent::runtime {
namespace {

// Numbers of the SPIR-V specification 1.3, sections 3.2 to 3.32.
constexpr uint32_t magicNumber = 0x07230203, newestVersion = 0x00010300;
constexpr uint32_t opMemoryModel = 14, opEntryPoint = 15, opExecutionMode = 16,
                   opVariable = 59, opDecorate = 71, addressingLogical = 0;
constexpr uint32_t modelGLCompute = 5, modeLocalSize = 17,
                   decorationBinding = 33, decorationDescriptorSet = 34,
                   storagePushConstant = 9;

bool isMain(std::span<const uint32_t> words) {
  uint32_t expected[2];
  std::memcpy(expected, "main\0\0\0", 8);
  return words.size() >= 2 && words[0] == expected[0] &&
         words[1] == expected[1];
}

} // namespace

bool checkModule(std::span<const uint32_t> code, Size3 localSize,
                 size_t bindings, const std::string &file) {
  auto require = [&](bool condition, const std::string &what) {
    if (!condition)
      fail(Status::Invalid, "'", file, "': ", what);
  };
  require(code.size() >= 5 && code[0] == magicNumber, "not a SPIR-V module");
  require(code[1] <= newestVersion,
          "SPIR-V newer than 1.3, which Vulkan 1.1 does not take");
  unsigned entryPoints = 0, localSizes = 0;
  bool readsPush = false;
  for (size_t at = 5; at < code.size();) {
    size_t length = code[at] >> 16;
    require(length > 0 && length <= code.size() - at,
            concat("broken instruction at word ", at));
    std::span<const uint32_t> words = code.subspan(at, length);
    switch (words[0] & 0xffff) {
    case opMemoryModel:
      require(length == 3 && words[1] == addressingLogical,
              "the addressing model must be Logical: a kernel reaches memory "
              "through its bindings only");
      break;
    case opEntryPoint:
      require(length >= 5 && words[1] == modelGLCompute &&
                  isMain(words.subspan(3)),
              "the entry point must be GLCompute and called main");
      ++entryPoints;
      break;
    case opExecutionMode:
      if (length < 3 || words[2] != modeLocalSize)
        break;
      require(length == 6 && words[3] == localSize[0] &&
                  words[4] == localSize[1] && words[5] == localSize[2],
              "the local size is not the schedule's");
      ++localSizes;
      break;
    case opVariable:
      readsPush |= length >= 4 && words[3] == storagePushConstant;
      break;
    case opDecorate:
      if (length == 4 && words[2] == decorationDescriptorSet)
        require(words[3] == 0, concat("descriptor set ", words[3],
                                      ", a kernel has only set 0"));
      if (length == 4 && words[2] == decorationBinding)
        require(words[3] < bindings, concat("binding ", words[3],
                                            ", the schedule lists ", bindings));
      break;
    }
    at += length;
  }
  require(entryPoints == 1, concat(entryPoints, " entry points, expected one"));
  require(localSizes == 1, "no LocalSize execution mode");
  return readsPush;
}

} // namespace descent::runtime
