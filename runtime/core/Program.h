// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A bundle after reading: plain data in which every number has been checked.
// The words are those of docs/bundle.md.
#ifndef DESCENT_RUNTIME_CORE_PROGRAM_H
#define DESCENT_RUNTIME_CORE_PROGRAM_H

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace descent::runtime {

/// The types that elements can have, little endian; a boolean is an I32.
enum class DType { F32, I32, F64, F16, BF16, U32 };
const char *name(DType dtype);
/// "F32", as files of weights call it.
std::string safetensorsName(DType dtype);
/// The bytes of an element.
uint64_t sizeOf(DType dtype);
bool isFloat(DType dtype);

using Shape = std::vector<int64_t>;
/// "[128, 1, 28, 28]"
std::string print(const Shape &shape);
/// Elements of a shape that was checked: 1 for a scalar.
uint64_t elementsOf(const Shape &shape);

struct Tensor {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  std::optional<unsigned> batchAxis; ///< the axis that holds samples
  std::optional<std::pair<int64_t, int64_t>>
      range; ///< half-open range of an integer input
  uint64_t elements() const { return elementsOf(shape); }
  uint64_t bytes() const { return elements() * sizeOf(dtype); }
  /// The bytes of its place on a device: whole words.
  uint64_t placeBytes() const { return (bytes() + 3) / 4 * 4; }
};

enum class Role { Parameter, Buffer, Optimizer, Metric, Status };
const char *name(Role role);

struct Initializer {
  enum class Kind {
    Constant,
    Uniform,
    Normal,
    TruncatedNormal,
    Orthogonal,
    Identity
  } kind = Kind::Constant;
  double first = 0;  ///< the constant, low, the mean, or the factor
  double second = 0; ///< high, or the standard deviation
};

/// A tensor that outlives a step.
struct State {
  Tensor tensor;
  Role role = Role::Parameter;
  Initializer init;
};

struct Entry {
  std::string name;
  std::vector<unsigned> inputs; ///< indices into Program::inputs
  std::vector<Tensor> outputs;
  uint64_t batch = 1; ///< samples in one run
  /// Whether results are wrong where not all rows of the batch count.
  bool wholeBatches = false;
  std::optional<unsigned> findOutput(const std::string &name) const;
  /// What data and callers call an input: one that the entry has in sizes of
  /// its own is `<entry>.<input>` in the bundle.
  std::string plainName(const Tensor &input) const {
    return input.name.starts_with(name + ".")
               ? input.name.substr(name.size() + 1)
               : input.name;
  }
};

/// Bytes [offset, offset + size) of a slab.
struct Place {
  uint32_t slab = 0;
  uint64_t offset = 0, size = 0;
  bool overlaps(const Place &other) const {
    return slab == other.slab && offset < other.offset + other.size &&
           other.offset < offset + size;
  }
  bool operator==(const Place &) const = default;
};

enum class Access { Read, Write, ReadWrite };
using Size3 = std::array<uint32_t, 3>;

struct Kernel {
  std::string file;
  std::span<const uint32_t> code; ///< inside Program::file
  Size3 localSize{1, 1, 1};
  std::vector<Access> bindings;
  uint64_t pushBytes = 0; ///< the push constants that the module declares
};

struct Launch {
  unsigned kernel = 0;
  Size3 groups{1, 1, 1};
  std::vector<Place> bindings;
  std::vector<std::byte> push;
  bool iteration = false; ///< the push constants are the loop's iteration
  std::string label;
  uint64_t flop = 0, bytes = 0;
  size_t pushBytes() const { return iteration ? 4 : push.size(); }
};

/// The launches of one entry, in order; barrierBefore separates a launch from
/// all that came before it.
struct Schedule {
  struct Record {
    Launch launch;
    bool barrierBefore = false;
    uint64_t runs = 1; ///< the count of the loop that it is in
  };
  /// Records [first, end) run count times; iterations are numbered upwards from
  /// 0, or downwards to 0.
  struct Loop {
    size_t first = 0, end = 0;
    uint32_t count = 1;
    bool reversed = false;
    bool barrierBefore = false;
  };
  std::vector<Kernel> kernels;
  std::vector<Record> records;
  std::vector<Loop> loops; ///< in order; none in another

  /// Calls visit(index of a record, iteration, whether a barrier comes first)
  /// for all launches of a run, in order.
  template <typename Visit> void forEachLaunch(Visit visit) const {
    size_t next = 0;
    for (size_t i = 0; i < records.size();) {
      if (next == loops.size() || i < loops[next].first) {
        visit(i, uint32_t(0), records[i].barrierBefore);
        ++i;
        continue;
      }
      const Loop &loop = loops[next++];
      for (uint32_t step = 0; step < loop.count; ++step)
        for (i = loop.first; i < loop.end; ++i)
          visit(i, loop.reversed ? loop.count - 1 - step : step,
                records[i].barrierBefore ||
                    (loop.barrierBefore && step == 0 && i == loop.first));
    }
  }
};

struct Requirements {
  std::array<uint32_t, 2> vulkan{1, 1};
  std::string driver; ///< empty: any
  uint32_t maxWorkgroupInvocations = 1;
  Size3 maxWorkgroupSize{1, 1, 1}, maxWorkgroupCount{1, 1, 1};
  uint32_t maxStorageBindings = 0, maxPushBytes = 0, maxSharedBytes = 0;
  uint64_t maxStorageRange = 0, minOffsetAlignment = 4;
  std::vector<std::string> features;
  std::vector<std::string>
      unknown; ///< keys this reader does not know, so cannot promise
};

struct Statistics {
  uint64_t kernels = 0, launches = 0, flop = 0, bytes = 0;
};

struct Slab {
  uint64_t size = 0;
  bool keepsState = false;
};

struct Variant {
  std::string name;
  Requirements requirements;
  std::vector<Slab> slabs;
  Place control;
  std::vector<Place> inputs,
      states; ///< like Program::inputs and Program::states
  std::map<std::string, std::vector<Place>> outputs; ///< by entry
  std::map<std::string, Statistics> statistics;      ///< by entry
  std::map<std::string, Schedule> schedules;         ///< by entry
  uint64_t peakBytes = 0;
};

struct Program {
  std::vector<std::byte> file; ///< the whole bundle: kernels point into it
  std::string producer, modelName, modelHash;
  uint64_t batch = 1;
  std::optional<uint64_t> epochs;
  std::vector<Tensor> inputs;
  std::vector<State> states;
  std::map<std::string, Entry> entries;
  std::vector<Variant> variants;

  const Entry *findEntry(const std::string &name) const;
  std::optional<unsigned> findInput(const std::string &name) const;
  std::optional<unsigned> findState(const std::string &name) const;
};

/// Reads a bundle, checking every number and every hash (docs/bundle.md).
/// Errors: Invalid.
std::shared_ptr<const Program> readBundle(std::vector<std::byte> file);
/// The same from a path, which is named in the errors.
std::shared_ptr<const Program> openBundle(const std::string &path);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_PROGRAM_H
