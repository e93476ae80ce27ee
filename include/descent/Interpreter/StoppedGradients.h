// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The values of descent.stop_gradient while a function is evaluated at other
// points than where it is differentiated.

#ifndef DESCENT_INTERPRETER_STOPPEDGRADIENTS_H
#define DESCENT_INTERPRETER_STOPPEDGRADIENTS_H

#include "descent/Interpreter/Tensor.h"

namespace descent::interpreter {

/// A finite difference must hold constant what no gradient goes through. So the
/// values that descent.stop_gradient has where the derivative is taken are
/// kept, in the order of evaluation, and given again when the function is
/// evaluated elsewhere.
class StoppedGradients {
public:
  /// `outer` is that of a difference within which this one is taken.
  explicit StoppedGradients(StoppedGradients *outer = nullptr) : outer(outer) {}

  /// What descent.stop_gradient gives for `value`.
  Tensor pass(const Tensor &value);

  /// The next evaluation is at another point.
  void replay() {
    replaying = true;
    next = 0;
  }

private:
  StoppedGradients *outer;
  std::vector<Tensor> kept;
  bool replaying = false;
  size_t next = 0;
};

} // namespace descent::interpreter

#endif // DESCENT_INTERPRETER_STOPPEDGRADIENTS_H
