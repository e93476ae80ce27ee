// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs of entries in order, a few of them in flight: the host prepares the next
// while the device works.
#ifndef DESCENT_RUNTIME_TRAIN_STEPQUEUE_H
#define DESCENT_RUNTIME_TRAIN_STEPQUEUE_H

#include "core/Executor.h"

#include <deque>

namespace descent::runtime {

class StepQueue {
public:
  explicit StepQueue(Executor &executor) : executor(executor) {}
  /// Waits for what is in flight without looking at it.
  ~StepQueue();
  StepQueue(const StepQueue &) = delete;
  StepQueue &operator=(const StepQueue &) = delete;

  /// Waits for the oldest run if too many are in flight, then fills and submits
  /// the next. done is called, in order of submission, once the results can be
  /// read; what it throws comes out of run() or drain().
  void run(const std::string &entry, const std::function<void(Run &)> &fill,
           std::function<void(const Run &)> done);
  void drain();

private:
  void finishOldest();

  struct Pending {
    Run *run;
    std::function<void(const Run &)> done;
  };
  Executor &executor;
  std::deque<Pending> pending;
};

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_TRAIN_STEPQUEUE_H
