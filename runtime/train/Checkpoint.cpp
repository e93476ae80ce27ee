// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checkpoints as safetensors: states as tensors, the position as metadata.
#include "train/Checkpoint.h"
#include "core/Error.h"
#include "train/Safetensors.h"

#include <charconv>

#include <cmath>
#include <cstdint>

namespace descent::runtime {
namespace {

std::string hex(double value) {
  char text[64];
  char *end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::hex)
          .ptr;
  return std::string(text, end);
}

/// Typed access to the metadata of one file.
class Metadata {
public:
  Metadata(const SafetensorsFile &file, const std::string &path)
      : file(file), path(path) {}

  uint64_t number(const std::string &key) const { return parse<uint64_t>(key); }
  double real(const std::string &key) const {
    return parse<double>(key, std::chars_format::hex);
  }
  std::string text(const std::string &key) const {
    auto found = file.metadata.find("descent." + key);
    if (found == file.metadata.end())
      fail(Status::Invalid, path,
           ": no checkpoint: the metadata lack 'descent.", key, "'");
    return found->second;
  }

private:
  template <typename Number, typename... Format>
  Number parse(const std::string &key, Format... format) const {
    std::string digits = text(key);
    Number value{};
    auto [end, error] = std::from_chars(
        digits.data(), digits.data() + digits.size(), value, format...);
    if (error != std::errc() || end != digits.data() + digits.size())
      fail(Status::Invalid, path, ": 'descent.", key, "' is '", digits,
           "', expected a number");
    return value;
  }

  const SafetensorsFile &file;
  const std::string &path;
};

constexpr std::initializer_list<Role> kept = {Role::Parameter, Role::Buffer,
                                              Role::Optimizer};

} // namespace

std::string deviceOf(const Executor &executor) {
  return executor.deviceName() + ", variant " + executor.variant().name;
}

void saveCheckpoint(Executor &executor, const Position &position,
                    const RunIdentity &identity, const std::string &path) {
  saveWeights(executor.program(), download(executor, kept), path,
              {{"descent.device", deviceOf(executor)},
               {"descent.step", std::to_string(position.step)},
               {"descent.epoch", std::to_string(position.epoch)},
               {"descent.batch", std::to_string(position.batch)},
               {"descent.loss_sum", hex(position.lossSum)},
               {"descent.sample_sum", hex(position.sampleSum)},
               {"descent.seed", std::to_string(identity.seed)},
               {"descent.samples", std::to_string(identity.samples)},
               {"descent.batch_size", std::to_string(identity.batchSize)},
               {"descent.shuffle", std::to_string(identity.shuffle)},
               {"descent.drop_last", std::to_string(identity.dropLast)}});
}

Checkpoint loadCheckpoint(const Program &program, const std::string &path) {
  SafetensorsFile file = SafetensorsFile::open(path);
  Metadata metadata(file, path);
  if (metadata.text("model_sha256") != program.modelHash)
    fail(Status::Invalid, path, ": a checkpoint of the model '",
         metadata.text("model"), "' as it was then, not of this bundle's; use ",
         "--init to begin anew from its weights");
  Checkpoint checkpoint;
  checkpoint.position = {metadata.number("step"), metadata.number("epoch"),
                         metadata.number("batch"), metadata.real("loss_sum"),
                         metadata.real("sample_sum")};
  const auto &at = checkpoint.position;
  auto isSum = [](double sum) { return std::isfinite(sum) && sum >= 0; };
  if (at.step > INT32_MAX || at.epoch > INT32_MAX || at.batch > at.step ||
      !std::isfinite(at.lossSum) || !isSum(at.sampleSum))
    fail(Status::Invalid, path, ": its position is impossible: step ", at.step,
         ", epoch ", at.epoch, ", batch ", at.batch);
  checkpoint.identity = {metadata.number("seed"), metadata.number("samples"),
                         metadata.number("batch_size"),
                         metadata.number("shuffle") != 0,
                         metadata.number("drop_last") != 0};
  checkpoint.device = metadata.text("device");
  checkpoint.states = matchTensors(program, file, path, kept);
  return checkpoint;
}

} // namespace descent::runtime
