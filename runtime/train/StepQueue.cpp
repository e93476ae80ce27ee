// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// First in, first out over an executor's runs.
#include "train/StepQueue.h"
#include "core/Error.h"

namespace descent::runtime {

StepQueue::~StepQueue() {
  for (Pending &oldest : pending)
    try {
      executor.wait(*oldest.run);
    } catch (const Error &) {
      return; // the device is gone, so nothing is in flight any more
    }
}

void StepQueue::finishOldest() {
  Pending oldest = std::move(pending.front());
  pending.pop_front();
  executor.wait(*oldest.run);
  oldest.done(*oldest.run);
}

void StepQueue::run(const std::string &entry,
                    const std::function<void(Run &)> &fill,
                    std::function<void(const Run &)> done) {
  if (pending.size() >= executor.runsInFlight())
    finishOldest();
  Run &run = executor.acquire(entry);
  run.control = {};
  fill(run);
  executor.submit(run);
  pending.push_back({&run, std::move(done)});
}

void StepQueue::drain() {
  while (!pending.empty())
    finishOldest();
}

} // namespace descent::runtime
