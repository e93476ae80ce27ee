// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the training loop needs of a device: fill an input, run an entry, read
// an output, move state in and out.
#ifndef DESCENT_RUNTIME_CORE_EXECUTOR_H
#define DESCENT_RUNTIME_CORE_EXECUTOR_H

#include "core/Program.h"

#include <functional>

namespace descent::runtime {

/// The words that the host passes to an entry with every run (docs/bundle.md,
/// "control").
struct Control {
  int32_t step = 0; ///< from 1 in training, 0 otherwise
  uint64_t seed = 0;
  int32_t valid = 0; ///< rows of the batch that count
  float lrScale = 1;
};

/// Checks a SPIR-V module; returns the complaint, or nothing when it is valid.
using ModuleValidator = std::function<std::string(std::span<const uint32_t>)>;

/// One run of an entry, from filling the staging memory to reading the results.
/// Owned by its executor.
class Run {
public:
  virtual ~Run() = default;
  const Entry *entry = nullptr;
  Control control;
  std::vector<std::span<std::byte>>
      inputs; ///< staging memory, one span an input of the entry
  std::vector<std::span<const std::byte>>
      outputs;          ///< one span an output; filled when wait() returns
  int32_t diverged = 0; ///< status.diverged after the run, set by wait()
};

/// A program loaded on a device. Not thread-safe. All members throw Error:
/// DeviceLost when the device is lost or out of memory, Failure for other
/// refusals of the driver.
class Executor {
public:
  virtual ~Executor() = default;

  virtual const Program &program() const = 0;
  virtual const Variant &variant() const = 0;
  virtual const std::string &deviceName() const = 0;

  /// Builds the pipelines of these entries; entries prepared before cost
  /// nothing. Error: Invalid when the validator refuses a module.
  virtual void prepare(const std::vector<std::string> &entries) = 0;

  /// How many runs may be submitted and not waited for.
  virtual unsigned runsInFlight() const = 0;

  /// A free run of a prepared entry, for the caller to fill. A run must be
  /// submitted and waited for before its turn comes again, runsInFlight() calls
  /// later. Error: Usage when it was not.
  virtual Run &acquire(const std::string &entry) = 0;
  virtual void submit(Run &run) = 0;
  /// Blocks until the run is done and its outputs can be read.
  virtual void wait(Run &run) = 0;

  /// Copies state to or from the device, after all submitted runs. Each span
  /// has the size of its state.
  virtual void
  writeStates(const std::vector<std::pair<unsigned, std::span<const std::byte>>>
                  &states) = 0;
  virtual void readStates(
      const std::vector<std::pair<unsigned, std::span<std::byte>>> &states) = 0;

  /// Median microseconds of every launch of a prepared entry over this many
  /// runs on whatever the memory holds; launches are kept apart, so the sum
  /// exceeds a step. Of a loop one iteration is timed and taken as often as
  /// it runs. Error: Failure when the device has no timestamps.
  virtual std::vector<double> profile(const std::string &entry,
                                      unsigned repeats) = 0;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_CORE_EXECUTOR_H
