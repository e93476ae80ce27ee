// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why the name of a later layer means nothing yet, with cycles told from mere
// wrong order.

#ifndef DESCENT_LIB_MODEL_FORWARDREFERENCES_H
#define DESCENT_LIB_MODEL_FORWARDREFERENCES_H

#include "descent/Model/Ast.h"

namespace descent::model {

/// What is wrong with `use`, a name that has no value yet, in the stage `site`
/// of `network`. `found` says whether a later stage defines it; none, if so,
/// where the cycle that it is part of is reported elsewhere.
std::optional<Diagnostic>
describeForwardReference(const std::vector<Stage> &network, const Expr &use,
                         const void *site, bool &found);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_FORWARDREFERENCES_H
