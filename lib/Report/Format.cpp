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

std::string loopNest(const Json &part) {
  std::string text = "scalar";
  if (!part["parallel"].empty())
    text = std::string("[").append(join(part["parallel"])).append("]");
  if (!part["reduction"].empty())
    text.append(" ")
        .append(join(part["combiners"]))
        .append(" over [")
        .append(join(part["reduction"]))
        .append("]");
  return text;
}

std::string normalForm(const Json &part) {
  const Json &form = part["normal_form"];
  std::string text("[");
  text.append(join(form["parallel"])).append("]");
  if (!form["reduction"].empty())
    text.append(" reduce [").append(join(form["reduction"])).append("]");
  return text;
}

std::string ofParts(const Json &kernel,
                    llvm::function_ref<std::string(const Json &)> describe,
                    llvm::StringRef between) {
  std::string text;
  for (const Json &part : kernel["parts"]) {
    if (!text.empty())
      text += between.str();
    text += describe(part);
  }
  return text;
}

std::string tileOf(const Json &part) {
  return extents(part["strategy"]["tile"], "\xC3\x97");
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
  std::string text;
  for (size_t i = 0; i < kernel["parts"].size(); ++i) {
    const Json &part = kernel["parts"][i];
    if (!part.contains("movement"))
      continue;
    if (!text.empty())
      text += "; ";
    text += "only " + part["movement"].get<std::string>();
    std::string reason = launch["reasons"][i];
    if (!reason.empty())
      text += ": " + reason;
  }
  return text;
}

std::string budget(const Json &budget) {
  std::string result;
  for (const Json &entry : budget["repeated"]) {
    int64_t launches = entry["launches"];
    result += (result.empty() ? "" : ", ") + entry["entry"].get<std::string>() +
              " repeats " + std::to_string(launches) +
              (launches == 1 ? " launch, " : " launches, ") +
              (entry["flop"] == 0 ? "" : flops(entry["flop"]) + " and ") +
              bytes(entry["bytes"]);
  }
  return result + ", to stay within " + bytes(budget["budget_bytes"]) +
         "; with all kept " + bytes(budget["unrestricted_bytes"]);
}

} // namespace descent::report
