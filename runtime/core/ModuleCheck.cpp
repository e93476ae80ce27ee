// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A walk over a SPIR-V module that compares it with what the manifest and the
// schedule say of it. It does not validate the module.
#include "core/BundleReader.h"
#include "core/Error.h"

#include <algorithm>
#include <cstring>

namespace descent::runtime {
namespace {

// Numbers of the SPIR-V specification 1.3, sections 3.2 to 3.32.
constexpr uint32_t magicNumber = 0x07230203, newestVersion = 0x00010300;
enum Opcode : uint32_t {
  opMemoryModel = 14,
  opEntryPoint = 15,
  opExecutionMode = 16,
  opCapability = 17,
  opTypeInt = 21,
  opTypeFloat = 22,
  opTypeVector = 23,
  opTypeMatrix = 24,
  opTypeArray = 28,
  opTypeStruct = 30,
  opTypePointer = 32,
  opConstant = 43,
  opConstantComposite = 44,
  opSpecConstant = 50,
  opSpecConstantComposite = 51,
  opVariable = 59,
  opDecorate = 71,
  opMemberDecorate = 72,
  opDecorationGroup = 73,
  opExecutionModeId = 331
};
constexpr uint32_t addressingLogical = 0, modelGLCompute = 5,
                   modeLocalSize = 17, decorationArrayStride = 6,
                   decorationMatrixStride = 7, decorationBuiltIn = 11,
                   decorationBinding = 33, decorationDescriptorSet = 34,
                   decorationOffset = 35, builtInWorkgroupSize = 25,
                   storageWorkgroup = 4, storagePushConstant = 9;

/// What a module may declare, and the name in Vulkan of the feature that it
/// stands for; nullptr for what every device has.
struct Capability {
  uint32_t number;
  const char *name, *feature;
};
constexpr Capability capabilities[] = {
    {0, "Matrix", nullptr},
    {1, "Shader", nullptr},
    {9, "Float16", "shaderFloat16"},
    {10, "Float64", "shaderFloat64"},
    {11, "Int64", "shaderInt64"},
    {22, "Int16", "shaderInt16"},
    {39, "Int8", "shaderInt8"},
    {61, "GroupNonUniform", "subgroupBasic"},
    {62, "GroupNonUniformVote", "subgroupVote"},
    {63, "GroupNonUniformArithmetic", "subgroupArithmetic"},
    {64, "GroupNonUniformBallot", "subgroupBallot"},
    {65, "GroupNonUniformShuffle", "subgroupShuffle"},
    {66, "GroupNonUniformShuffleRelative", "subgroupShuffleRelative"},
    {67, "GroupNonUniformClustered", "subgroupClustered"},
    {68, "GroupNonUniformQuad", "subgroupQuad"},
    {4433, "StorageBuffer16BitAccess", "storageBuffer16BitAccess"},
    {4448, "StorageBuffer8BitAccess", "storageBuffer8BitAccess"}};

bool isMain(std::span<const uint32_t> words) {
  uint32_t expected[2];
  std::memcpy(expected, "main\0\0\0", 8);
  return words.size() >= 2 && words[0] == expected[0] &&
         words[1] == expected[1];
}

/// Sizes are computed up to this many bytes, which no device has.
constexpr uint64_t unbounded = uint64_t(1) << 32;
uint64_t bounded(uint64_t size) { return std::min(size, unbounded); }

/// One pass over the instructions. An id is used after its definition only, as
/// SPIR-V demands of all that is looked up here; what is not known then counts
/// as unbounded, or as no number.
class ModuleWalk {
public:
  ModuleWalk(const Kernel &kernel, const Requirements &needs)
      : kernel(kernel), needs(needs) {}

  uint64_t run() {
    std::span<const uint32_t> code = kernel.code;
    require(code.size() >= 5 && code[0] == magicNumber, "not a SPIR-V module");
    require(code[1] <= newestVersion,
            "SPIR-V newer than 1.3, which Vulkan 1.1 does not take");
    for (size_t at = 5; at < code.size();) {
      size_t length = code[at] >> 16;
      require(length > 0 && length <= code.size() - at,
              concat("broken instruction at word ", at));
      visit(code.subspan(at, length));
      at += length;
    }
    require(entryPoints == 1,
            concat(entryPoints, " entry points, expected one"));
    require(localSizes == 1, "no LocalSize execution mode");
    if (workgroupSize)
      checkWorkgroupSize();
    require(sharedBytes <= needs.maxSharedBytes,
            concat("it has ", bytesOf(sharedBytes),
                   " of workgroup memory, the variant's requirements say ",
                   needs.maxSharedBytes));
    return pushBytes;
  }

private:
  void require(bool condition, const std::string &what) const {
    if (!condition)
      fail(Status::Invalid, "'", kernel.file, "': ", what);
  }
  /// What is said twice may be read either way.
  template <typename Map>
  void define(Map &map, const typename Map::key_type &key,
              const typename Map::mapped_type &value) {
    require(map.emplace(key, value).second,
            "an id or decoration that is defined twice");
  }
  static std::string bytesOf(uint64_t size) {
    return size == unbounded ? "unbounded bytes" : concat(size, " bytes");
  }

  void visit(std::span<const uint32_t> words) {
    const size_t length = words.size();
    switch (words[0] & 0xffff) {
    case opCapability:
      require(length == 2, "an OpCapability of a wrong length");
      return checkCapability(words[1]);
    case opMemoryModel:
      return require(length == 3 && words[1] == addressingLogical,
                     "the addressing model must be Logical: a kernel reaches "
                     "memory through its bindings only");
    case opEntryPoint:
      require(length >= 5 && words[1] == modelGLCompute &&
                  isMain(words.subspan(3)),
              "the entry point must be GLCompute and called main");
      ++entryPoints;
      return;
    case opExecutionMode:
      if (length < 3 || words[2] != modeLocalSize)
        return;
      require(length == 6 && words[3] == kernel.localSize[0] &&
                  words[4] == kernel.localSize[1] &&
                  words[5] == kernel.localSize[2],
              "the local size is not the schedule's");
      ++localSizes;
      return;
    case opExecutionModeId:
      return require(false, "execution modes by id (LocalSizeId) are not "
                            "taken: the local size must be a literal");
    case opDecorationGroup:
      return require(false, "decoration groups are not taken");
    case opDecorate:
      return decorate(words);
    case opMemberDecorate:
      if (length == 5 && words[3] == decorationOffset)
        define(offsets, {words[1], words[2]}, words[4]);
      if (length == 5 && words[3] == decorationMatrixStride)
        define(matrixStrides, {words[1], words[2]}, words[4]);
      return;
    case opVariable:
      if (length < 4)
        return;
      if (words[3] == storagePushConstant)
        pushBytes = std::max(pushBytes, pointeeSize(words[1]));
      if (words[3] == storageWorkgroup)
        sharedBytes = bounded(sharedBytes + pointeeSize(words[1]));
      return;
    case opConstant:
    case opSpecConstant:
      if (length == 4)
        define(constants, words[2], words[3]);
      return;
    case opConstantComposite:
    case opSpecConstantComposite:
      if (length == 6)
        define(triples, words[2], Size3{words[3], words[4], words[5]});
      return;
    default:
      return visitType(words);
    }
  }

  void visitType(std::span<const uint32_t> words) {
    const size_t length = words.size();
    switch (words[0] & 0xffff) {
    case opTypeInt:
    case opTypeFloat:
      if (length >= 3)
        define(sizes, words[1], bounded(words[2] / 8));
      return;
    case opTypeVector:
      if (length == 4)
        define(sizes, words[1], bounded(sizeOfType(words[2]) * words[3]));
      return;
    case opTypeMatrix:
      if (length == 4) {
        define(sizes, words[1], bounded(sizeOfType(words[2]) * words[3]));
        define(columns, words[1], words[3]);
      }
      return;
    case opTypeArray: {
      if (length != 4)
        return;
      auto count = constants.find(words[3]);
      auto stride = strides.find(words[1]);
      uint64_t element = sizeOfType(words[2]);
      if (count != constants.end())
        define(sizes, words[1],
               bounded((stride == strides.end()
                            ? element
                            : std::max<uint64_t>(element, stride->second)) *
                       count->second));
      return;
    }
    case opTypeStruct: {
      if (length < 2)
        return;
      uint64_t end = 0;
      for (uint32_t i = 0; i + 2 < length; ++i) {
        // Without offsets, as in workgroup memory, members follow each other.
        auto offset = offsets.find({words[1], i});
        uint64_t begin = offset == offsets.end() ? end : offset->second;
        end = std::max(end,
                       bounded(begin + memberSize(words[1], i, words[i + 2])));
      }
      define(sizes, words[1], end);
      return;
    }
    case opTypePointer:
      if (length == 4)
        define(pointees, words[1], words[3]);
      return;
    }
  }

  void checkCapability(uint32_t number) const {
    auto known = std::find_if(
        std::begin(capabilities), std::end(capabilities),
        [&](const Capability &entry) { return entry.number == number; });
    require(known != std::end(capabilities),
            concat("it declares the capability ", number,
                   ", which no kernel may have"));
    require(!known->feature ||
                std::find(needs.features.begin(), needs.features.end(),
                          known->feature) != needs.features.end(),
            concat("it declares the capability ", known->name,
                   ", and the variant's requirements do not list the feature ",
                   known->feature ? known->feature : ""));
  }

  void decorate(std::span<const uint32_t> words) {
    if (words.size() != 4)
      return;
    switch (words[2]) {
    case decorationDescriptorSet:
      return require(words[3] == 0, concat("descriptor set ", words[3],
                                           ", a kernel has only set 0"));
    case decorationBinding:
      return require(words[3] < kernel.bindings.size(),
                     concat("binding ", words[3], ", the schedule lists ",
                            kernel.bindings.size()));
    case decorationArrayStride:
      return define(strides, words[1], words[3]);
    case decorationBuiltIn:
      if (words[3] != builtInWorkgroupSize)
        return;
      require(!workgroupSize, "two constants are decorated WorkgroupSize");
      workgroupSize = words[1];
      return;
    }
  }

  /// Such a constant overrides the execution mode LocalSize.
  void checkWorkgroupSize() const {
    auto triple = triples.find(*workgroupSize);
    for (size_t i = 0; i < 3; ++i) {
      auto size = triple == triples.end() ? constants.end()
                                          : constants.find(triple->second[i]);
      require(size != constants.end() && size->second == kernel.localSize[i],
              concat("the constant that is decorated WorkgroupSize is not the "
                     "schedule's local size [",
                     kernel.localSize[0], ", ", kernel.localSize[1], ", ",
                     kernel.localSize[2], "]"));
    }
  }

  uint64_t sizeOfType(uint32_t id) const {
    auto found = sizes.find(id);
    return found == sizes.end() ? unbounded : found->second;
  }
  uint64_t memberSize(uint32_t structure, uint32_t index, uint32_t type) const {
    uint64_t size = sizeOfType(type);
    auto matrix = columns.find(type);
    auto stride = matrixStrides.find({structure, index});
    if (matrix == columns.end() || stride == matrixStrides.end())
      return size;
    return std::max(size, bounded(uint64_t(stride->second) * matrix->second));
  }
  uint64_t pointeeSize(uint32_t pointer) const {
    auto found = pointees.find(pointer);
    return found == pointees.end() ? unbounded : sizeOfType(found->second);
  }

  const Kernel &kernel;
  const Requirements &needs;
  unsigned entryPoints = 0, localSizes = 0;
  uint64_t pushBytes = 0, sharedBytes = 0;
  std::optional<uint32_t> workgroupSize;
  std::map<uint32_t, uint64_t> sizes; ///< of types; others are unbounded
  std::map<uint32_t, uint32_t> pointees, strides, columns, constants;
  std::map<uint32_t, Size3> triples;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> offsets, matrixStrides;
};

} // namespace

uint64_t checkModule(const Kernel &kernel, const Requirements &needs) {
  return ModuleWalk(kernel, needs).run();
}

} // namespace descent::runtime
