// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What was built, as data and for people; see docs/report.md.

#ifndef DESCENT_REPORT_REPORT_H
#define DESCENT_REPORT_REPORT_H

#include "descent/Bundle/BundleWriter.h"
#include <nlohmann/json.hpp>

namespace descent::report {

/// Keeps keys in the order in which they are set.
using Json = nlohmann::ordered_json;

/// The report of all variants of a model: the data that every spelling of it
/// shows. `input` is the model's file, whose lines are quoted.
Json buildReport(const bundle::ModelInfo &model,
                 llvm::ArrayRef<bundle::Variant> variants,
                 llvm::StringRef input);

/// The data itself.
std::string printJson(const Json &report);
/// Its tables.
std::string printMarkdown(const Json &report);
/// A page that stands alone.
std::string printHtml(const Json &report);

} // namespace descent::report

#endif // DESCENT_REPORT_REPORT_H
