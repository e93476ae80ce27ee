// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values as attributes, by their specification.

#ifndef DESCENT_LIB_MODEL_ATTRIBUTES_H
#define DESCENT_LIB_MODEL_ATTRIBUTES_H

#include "Value.h"
#include "descent/Model/Registry.h"
#include <functional>

namespace descent::model {

/// `value` as the attribute `spec` of `op` takes it: one number for several as
/// a list, an integer for a float as a float. `expr` is what was written, for
/// messages, which are located at `location` or at an item of a list. None
/// after an error, which is reported once. Without the name of an op, an
/// integer is asked for.
std::optional<Value>
conform(const AttrSpec &spec, std::string_view op, const Value &value,
        const Expr &expr,
        const std::function<void(Location, std::string)> &report,
        Location location);

/// A conforming value as the graph holds it.
AttrValue toAttrValue(const AttrSpec &spec, const Value &value);

/// The reverse, for defaults.
Value toValue(const AttrValue &value);

/// "'pad_mode' of 'conv2d' must be 'zero' or 'edge'"
std::string expectedEnumerators(const AttrSpec &spec, std::string_view op);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_ATTRIBUTES_H
