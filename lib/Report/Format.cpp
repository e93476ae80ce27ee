// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers of a report for people.

#include "Format.h"
#include <cmath>

namespace descent::report {

std::string plain(double number) {
  char text[64];
  int digits =
      number == 0 ? 0 : std::max(0, 2 - int(std::floor(std::log10(number))));
  snprintf(text, sizeof text, "%.*f", std::min(digits, 9), number);
  return text;
}

std::string abbreviate(double number) {
  static constexpr const char *prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
  unsigned prefix = 0;
  // What rounds to a thousand is one of the next prefix.
  for (; number >= 999.5 && prefix + 1 < std::size(prefixes); ++prefix)
    number /= 1000;
  std::string digits = number == std::floor(number) && prefix == 0
                           ? std::to_string(int64_t(number))
                           : plain(number);
  return digits + " " + prefixes[prefix];
}

std::string bytes(double number) { return abbreviate(number) + "B"; }

std::string flops(double number) {
  return number == 0 ? "-" : abbreviate(number) + "FLOP";
}

std::string time(double milliseconds) {
  if (milliseconds >= 1000)
    return plain(milliseconds / 1000) + " s";
  if (milliseconds >= 1 || milliseconds == 0)
    return plain(milliseconds) + " ms";
  return plain(milliseconds * 1000) + " \xC2\xB5s";
}

std::string join(const Json &list, llvm::StringRef between) {
  std::string text;
  for (const Json &each : list)
    text += (text.empty() ? "" : between.str()) +
            (each.is_string() ? each.get<std::string>() : each.dump());
  return text;
}

std::string extents(const Json &list, llvm::StringRef between) {
  return list.empty() ? "1" : join(list, between);
}

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number), text;
  for (size_t i = 0; i < digits.size(); ++i) {
    // A thin space that does not break.
    if (i > 0 && (digits.size() - i) % 3 == 0)
      text += "\xE2\x80\xAF";
    text += digits[i];
  }
  return text;
}

std::string loopNest(const Json &kernel) {
  std::string text = kernel["parallel"].empty()
                         ? "scalar"
                         : "[" + join(kernel["parallel"]) + "]";
  if (!kernel["reduction"].empty())
    text += " " + join(kernel["combiners"]) + " over [" +
            join(kernel["reduction"]) + "]";
  return text;
}

std::string workgroups(const Json &kernel) {
  // Rows of workgroups are there only where one is too long for a device.
  Json groups = kernel["workgroups"];
  while (groups.size() > 1 && groups.back() == 1)
    groups.erase(groups.size() - 1);
  return extents(groups, "\xC3\x97") + " \xC3\x97 " +
         std::to_string(productOf(kernel["local_size"]));
}

int64_t productOf(const Json &list) {
  int64_t result = 1;
  for (const Json &each : list)
    result *= each.get<int64_t>();
  return result;
}

std::string movement(const Json &kernel, const Json &launch) {
  if (!kernel.contains("movement"))
    return "";
  std::string text = "only " + kernel["movement"].get<std::string>(),
              reason = launch.value("reason", "");
  return reason.empty() ? text : text + ": " + reason;
}

} // namespace descent::report
