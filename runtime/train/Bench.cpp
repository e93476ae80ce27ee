// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Made-up batches, and the clock around runs of an entry.
#include "train/Bench.h"
#include "core/Numbers.h"
#include "core/Philox.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace descent::runtime {
namespace {

std::vector<std::byte> madeUp(const Tensor &input, uint64_t seed,
                              uint32_t index) {
  PhiloxSequence random(seed, Stream::Bench, index);
  auto [low, high] = input.range.value_or(std::pair<int64_t, int64_t>(0, 2));
  std::vector<std::byte> bytes(input.bytes());
  for (uint64_t i = 0; i < input.elements(); ++i)
    storeNumber(bytes.data() + sizeOf(input.dtype) * i, input.dtype,
                isFloat(input.dtype)
                    ? double(random.uniform())
                    : double(low + random.below(uint32_t(high - low))));
  return bytes;
}

} // namespace

BenchResult bench(Executor &executor, const std::string &name, unsigned steps,
                  uint64_t seed) {
  using Clock = std::chrono::steady_clock;
  auto milliseconds = [](Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  constexpr unsigned warmUp = 3;

  Clock::time_point begin = Clock::now();
  executor.prepare({name});
  Clock::duration preparing = Clock::now() - begin;
  const Entry &entry = executor.program().entries.at(name);
  std::vector<std::vector<std::byte>> data;
  for (unsigned input : entry.inputs)
    data.push_back(madeUp(executor.program().inputs[input], seed, input));

  int32_t step = 0;
  auto runOnce = [&](StepQueue &queue) {
    queue.run(
        name,
        [&](Run &run) {
          for (size_t i = 0; i < data.size(); ++i)
            std::memcpy(run.inputs[i].data(), data[i].data(), data[i].size());
          run.control.step = ++step;
          run.control.seed = seed;
          run.control.valid = int32_t(entry.batch);
        },
        [](const Run &) {});
  };
  StepQueue queue(executor);
  auto timeOne = [&] {
    Clock::time_point start = Clock::now();
    runOnce(queue);
    queue.drain();
    return milliseconds(Clock::now() - start);
  };
  BenchResult result;
  result.firstStepMs = milliseconds(preparing) + timeOne();
  for (unsigned i = 1; i < warmUp; ++i)
    timeOne();
  std::vector<double> times;
  for (unsigned i = 0; i < steps; ++i)
    times.push_back(timeOne());
  std::sort(times.begin(), times.end());
  result.minMs = times.front();
  result.medianMs = times[times.size() / 2];

  begin = Clock::now();
  for (unsigned i = 0; i < steps; ++i)
    runOnce(queue);
  queue.drain();
  result.overlappedMs = milliseconds(Clock::now() - begin) / steps;
  return result;
}

} // namespace descent::runtime
