// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the page of a report is made of besides its data.

#ifndef DESCENT_LIB_REPORT_PAGE_H
#define DESCENT_LIB_REPORT_PAGE_H

#include "descent/Report/Report.h"

namespace descent::report {

/// Text as it may stand in an element or in an attribute's quotes.
std::string escape(llvm::StringRef text);

/// The style sheet, and the script that sorts tables.
extern const llvm::StringLiteral pageStyle, pageScript;

/// The launches of an entry side by side, as wide as their estimated time.
/// `id` begins the anchors of the entry's launches.
std::string drawTimeline(const Json &variant, const Json &entry,
                         const std::string &id);
/// The transient slab over an entry's launches.
std::string drawMemory(const Json &variant, const Json &entry);
/// What a slab holds all the time, in one strip.
std::string drawStrip(const Json &memory, const Json &slab);

/// The kernel of that name.
const Json &kernelNamed(const Json &variant, const Json &name);

} // namespace descent::report

#endif // DESCENT_LIB_REPORT_PAGE_H
