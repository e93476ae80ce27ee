// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers of a report for people.

#ifndef DESCENT_LIB_REPORT_FORMAT_H
#define DESCENT_LIB_REPORT_FORMAT_H

#include "descent/Report/Report.h"

namespace descent::report {

/// `12.3 M`, `512`: three digits and a prefix of the SI.
std::string abbreviate(double number);
/// `12.3 MB`.
std::string bytes(double number);
/// `12.3 MFLOP`, `-` for none.
std::string flops(double number);
/// Milliseconds as `1.23 ms`, `45.6 µs`.
std::string time(double milliseconds);
/// Three significant digits, without an exponent.
std::string plain(double number);
/// `128 x 784`; `1` for a scalar's empty list.
std::string extents(const Json &list, llvm::StringRef between = " x ");
/// All elements of a list of strings or numbers.
std::string join(const Json &list, llvm::StringRef between = ", ");
/// `12 345 678`.
std::string grouped(int64_t number);
/// The loop nest of a part: `[128, 10] sum over [784]`.
std::string loopNest(const Json &part);
/// The same in the dimensions that strategies speak of: `[1280] reduce [784]`.
std::string normalForm(const Json &part);
/// The tile of a part's strategy.
std::string tileOf(const Json &part);
/// What is to be said of each part of a kernel.
std::string ofParts(const Json &kernel,
                    llvm::function_ref<std::string(const Json &)> describe,
                    llvm::StringRef between);
/// `1792 x 64`: workgroups, and the lanes of each.
std::string workgroups(const Json &kernel);
/// The product of a list of numbers.
int64_t productOf(const Json &list);
/// What parts only move, with the reasons: `copies: output 'y' has to lie in
/// memory`; empty for a launch that computes.
std::string movement(const Json &kernel, const Json &launch);

/// What computing again for the memory budget costs: `train repeats 2 launches,
/// 3.21 MFLOP and 14.5 MB, to stay within 16.8 MB; with all kept 18.6 MB`.
std::string budget(const Json &budget);

} // namespace descent::report

#endif // DESCENT_LIB_REPORT_FORMAT_H
