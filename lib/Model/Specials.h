// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that take functions or have bodies: loops, gradients, and functions with
// a derivative of their own.

#ifndef DESCENT_LIB_MODEL_SPECIALS_H
#define DESCENT_LIB_MODEL_SPECIALS_H

#include "Elaborator.h"

namespace descent::model {

class Specials {
public:
  explicit Specials(Elaborator &elaborator) : elaborator(elaborator) {}

  /// `arguments` are bound by the op's signature. The node has the initial
  /// states as operands, then the sequences, then what the step uses besides;
  /// its attributes `states` and `sequences` count them. The step takes the
  /// same, of each sequence a slice, and gives the new states, then what is
  /// stacked. The results are the stacked values, then the last states.
  Value scan(const OpSpec &op, std::vector<Scope::Variable> arguments,
             const CallSite &site);

  Value grad(const OpSpec &op, std::vector<Scope::Variable> arguments,
             const CallSite &site);

  /// The use of a function with a `vjp` clause; the current frame is that of
  /// its call, with its parameters. The operands are those that are tensors.
  /// Bodies: the function, and its derivative, of the operands, the results and
  /// the results' cotangents, which gives one cotangent for each operand.
  Value custom(const Definition &definition, const CallSite &site);

private:
  std::optional<Tensor> argument(GraphBuilder &body, TensorType type,
                                 const CallSite &site);
  /// The tensors in a value: itself, or the items of a list.
  std::optional<std::vector<Tensor>>
  tensors(const Value &value, std::string_view what, const CallSite &site);
  Value resultsOf(Tensor node, bool asList);

  Elaborator &elaborator;
  bool isList = false; ///< whether a function returned a list
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_SPECIALS_H
