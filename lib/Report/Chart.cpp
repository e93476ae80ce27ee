// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Drawings of a report's page. What is too small for text has it as a title,
// which browsers show on hovering.

#include "Format.h"
#include "Page.h"
#include <cmath>

namespace descent::report {

/// The width of every drawing, in its own units.
static constexpr double width = 1200;
/// The width of a letter of the drawings' text, about.
static constexpr double letter = 6.2;

/// A coordinate: two digits are enough.
static std::string at(double number) {
  char text[32];
  snprintf(text, sizeof text, "%.2f", number);
  llvm::StringRef digits(text);
  return digits.rtrim('0').rtrim('.').str();
}

/// As much of a text as fits a width; nothing if that is too little to read.
static std::string fit(llvm::StringRef text, double space) {
  size_t letters = space < letter * 4 ? 0 : size_t((space - 6) / letter);
  if (text.size() <= letters)
    return text.str();
  if (letters < 5)
    return "";
  size_t end = letters - 1;
  while (end > 0 && (text[end] & 0xC0) == 0x80)
    --end;
  return text.take_front(end).str() + "\xE2\x80\xA6";
}

namespace {

/// Puts an image together.
class Drawing {
public:
  Drawing(double height, const std::string &label) : height(height) {
    out = "<div class=\"wide\"><svg viewBox=\"0 0 " + at(width) + " " +
          at(height) + "\" role=\"img\" aria-label=\"" + escape(label) +
          "\">\n";
  }
  std::string finish() { return out + "</svg></div>\n"; }

  void box(double x, double y, double w, double h, llvm::StringRef style,
           llvm::StringRef title, llvm::StringRef label = "") {
    // An edge would cover all of a thin one.
    out += "<rect class=\"box " + style.str() +
           (w < 3 || h < 3 ? " thin" : "") + "\" x=\"" + at(x) + "\" y=\"" +
           at(y) + "\" width=\"" + at(std::max(w, .5)) + "\" height=\"" +
           at(std::max(h, .5)) + "\"><title>" + escape(title) +
           "</title></rect>\n";
    std::string shown = h < 13 ? "" : fit(label, w);
    if (!shown.empty())
      text(x + 4, y + h / 2 + 4, "on", shown);
  }
  void text(double x, double y, llvm::StringRef style, llvm::StringRef words,
            llvm::StringRef anchor = "start") {
    out += "<text class=\"" + style.str() + "\" x=\"" + at(x) + "\" y=\"" +
           at(y) + "\" text-anchor=\"" + anchor.str() + "\">" + escape(words) +
           "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, llvm::StringRef style) {
    out += "<line class=\"" + style.str() + "\" x1=\"" + at(x1) + "\" y1=\"" +
           at(y1) + "\" x2=\"" + at(x2) + "\" y2=\"" + at(y2) + "\"/>\n";
  }
  void raw(const std::string &text) { out += text; }

  const double height;

private:
  std::string out;
};

} // namespace

/// A step of 1, 2 or 5 times a power of ten that cuts `range` in at most
/// `parts`.
static double niceStep(double range, double parts) {
  double step = std::pow(10, std::floor(std::log10(range / parts)));
  for (double factor : {1, 2, 5, 10})
    if (range / (step * factor) <= parts)
      return std::max(1.0, step * factor);
  return range;
}

std::string drawTimeline(const Json &variant, const Json &entry,
                         const std::string &id) {
  double total = 0;
  for (const Json &launch : entry["launches"])
    total += launch["time_ms"].get<double>() * launch["runs"].get<double>();
  if (total <= 0)
    return "";
  Drawing drawing(52, "estimated time of every launch");
  double x = 0;
  int64_t phase = 0;
  double phaseBegin = 0;
  auto endPhase = [&](double end) {
    drawing.raw("<rect class=\"grid\" fill=\"" +
                std::string(phase % 2 ? "var(--dim)" : "var(--line)") +
                "\" stroke=\"none\" x=\"" + at(phaseBegin) +
                "\" y=\"44\" width=\"" + at(end - phaseBegin) +
                "\" height=\"5\"><title>between two barriers: phase " +
                std::to_string(phase) + "</title></rect>\n");
  };
  for (const Json &launch : entry["launches"]) {
    const Json &kernel = kernelNamed(variant, launch["kernel"]);
    double all = launch["time_ms"].get<double>() * launch["runs"].get<double>();
    double wide = all / total * width;
    if (launch["phase"].get<int64_t>() != phase) {
      endPhase(x);
      phaseBegin = x;
      phase = launch["phase"].get<int64_t>();
    }
    std::string name = launch["kernel"].get<std::string>(),
                label = launch["label"].get<std::string>(),
                number = launch["launch"].dump();
    std::string title = "#" + number + " " + name + " " + label + "\n" +
                        time(all) + ", " + plain(all / total * 100) + " %";
    if (launch["runs"] != 1)
      title += "\n" + launch["runs"].dump() + " runs in a loop";
    drawing.raw("<a href=\"#" + id + "l" + number + "\">");
    drawing.box(x, 2, wide, 38, kernel["kind"].get<std::string>(), title,
                label.empty() ? name : label);
    drawing.raw("</a>");
    x += wide;
  }
  endPhase(x);
  return drawing.finish();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static const Json *transientSlab(const Json &memory) {
  for (const Json &slab : memory["slabs"])
    if (slab["kind"] == "transient")
      return &slab;
  return nullptr;
}

namespace {

/// A tensor's stretch of time; a launch takes from its number to the next.
struct Stretch {
  int64_t offset, end;
  double from, to;
};

} // namespace

/// A result in the place of an operand begins in the middle of the launch,
/// where the operand ends.
static std::vector<Stretch> stretchesOf(const Json &tensors) {
  std::vector<Stretch> all;
  for (const Json &tensor : tensors) {
    int64_t offset = tensor["offset"], size = tensor["size"];
    all.push_back({offset, offset + size, tensor["first"].get<double>(),
                   tensor["last"].get<double>() + 1});
  }
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = i + 1; j < all.size(); ++j) {
      Stretch &before = all[i], &after = all[j];
      if (before.offset < after.end && after.offset < before.end &&
          before.from < after.from && before.to == after.from + 1) {
        before.to -= .5;
        after.from += .5;
      }
    }
  return all;
}

std::string drawMemory(const Json &variant, const Json &entry) {
  const Json &memory = variant["memory"], &own = entry["memory"];
  const Json *slab = transientSlab(memory);
  double launches = double(entry["launches"].size());
  if (!slab || launches == 0)
    return "";
  constexpr double left = 62, right = width - 8, top = 10, bottom = 360;
  double size = (*slab)["size"].get<double>();
  auto x = [&](double launch) {
    return left + launch / launches * (right - left);
  };
  auto y = [&](double offset) {
    return bottom - offset / size * (bottom - top);
  };
  Drawing drawing(400, "the transient slab over the launches of a run");
  double step = niceStep(size, 5);
  for (double tick = 0; tick <= size; tick += step) {
    drawing.line(left, y(tick), right, y(tick), "grid");
    drawing.text(left - 6, y(tick) + 4, "axis", bytes(tick), "end");
  }
  step = niceStep(launches, 16);
  for (double tick = 0; tick < launches; tick += step)
    drawing.text(x(tick + .5), bottom + 16, "axis", at(tick), "middle");
  drawing.text((left + right) / 2, bottom + 34, "axis", "launch", "middle");

  for (const Json &fixed : memory["fixed"]) {
    if (fixed["slab"] != (*slab)["name"])
      continue;
    double begin = fixed["offset"], bytesOf = fixed["size"];
    std::string name = fixed["name"];
    drawing.box(x(0), y(begin + bytesOf), right - left,
                y(begin) - y(begin + bytesOf),
                "fixed " + fixed["kind"].get<std::string>(),
                fixed["kind"].get<std::string>() + " " + name + "\n" +
                    bytes(bytesOf) + " at " + fixed["offset"].dump(),
                name);
  }
  std::vector<Stretch> stretches = stretchesOf(own["tensors"]);
  for (size_t i = 0; i < stretches.size(); ++i) {
    const Json &tensor = own["tensors"][i];
    const Stretch &place = stretches[i];
    std::string label = tensor["label"];
    std::string title = tensor["name"].get<std::string>() + " " + label + "\n" +
                        bytes(tensor["size"].get<double>()) + " at " +
                        tensor["offset"].dump() + "\nlaunches " +
                        tensor["first"].dump() + " to " + tensor["last"].dump();
    if (!tensor["readers"].empty())
      title += "\nread by " + join(tensor["readers"]);
    if (tensor.contains("output"))
      title += "\noutput " + tensor["output"].get<std::string>();
    drawing.box(x(place.from), y(double(place.end)),
                x(place.to) - x(place.from),
                y(double(place.offset)) - y(double(place.end)),
                tensor["kind"].get<std::string>(), title, label);
  }

  double begin = own["begin"];
  std::string path;
  for (size_t i = 0; i < own["live_bytes"].size(); ++i) {
    double live = begin + own["live_bytes"][i].get<double>();
    path += (i == 0 ? "M" : "L") + at(x(double(i))) + " " + at(y(live)) + "H" +
            at(x(double(i + 1)));
  }
  drawing.raw("<path class=\"live\" d=\"" + path + "\"/>\n");
  double bound = y(begin + own["bound_bytes"].get<double>());
  drawing.line(left, bound, right, bound, "bound");
  return drawing.finish();
}

std::string drawStrip(const Json &memory, const Json &slab) {
  Drawing drawing(46,
                  "what slab " + slab["name"].get<std::string>() + " holds");
  double size = slab["size"];
  drawing.raw("<rect fill=\"var(--line)\" x=\"0\" y=\"2\" width=\"" +
              at(width) +
              "\" height=\"40\"><title>padding, and arenas of values that do "
              "not outlive a run</title></rect>\n");
  for (const Json &fixed : memory["fixed"]) {
    if (fixed["slab"] != slab["name"])
      continue;
    double offset = fixed["offset"], bytesOf = fixed["size"];
    std::string name = fixed["name"];
    drawing.box(offset / size * width, 2, bytesOf / size * width, 40,
                fixed["kind"].get<std::string>(),
                fixed["kind"].get<std::string>() + " " + name + " " +
                    fixed.value("type", "") + "[" +
                    (fixed.contains("shape") ? join(fixed["shape"]) : "") +
                    "]\n" + bytes(bytesOf) + " at " + fixed["offset"].dump(),
                name);
  }
  return drawing.finish();
}

} // namespace descent::report
