// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JSON for people: what fits stands on one line.

#ifndef DESCENT_LIB_MODEL_JSONLAYOUT_H
#define DESCENT_LIB_MODEL_JSONLAYOUT_H

#include <nlohmann/json.hpp>
#include <string>

namespace descent::model {

/// `json` in lines of at most 100 columns, where its strings allow it.
std::string layoutJson(const nlohmann::ordered_json &json);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_JSONLAYOUT_H
