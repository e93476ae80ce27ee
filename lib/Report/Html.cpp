// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The report as a page that stands alone: no other file, no script but the one
// that sorts tables, all text escaped.

#include "Format.h"
#include "Page.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/SHA256.h"

namespace descent::report {

static std::string text(const Json &value) {
  return escape(value.is_string() ? value.get<std::string>() : value.dump());
}

static std::string tag(llvm::StringRef name, const std::string &content,
                       llvm::StringRef style = "") {
  std::string open = name.str();
  if (!style.empty())
    open += " class=\"" + style.str() + "\"";
  return "<" + open + ">" + content + "</" + name.str() + ">";
}

static std::string tile(const std::string &number, const std::string &what) {
  return "<div>" + tag("b", escape(number)) + tag("span", escape(what)) +
         "</div>";
}

static std::string chip(const std::string &kind) {
  return "<span class=\"chip " + escape(kind) + "\"></span>";
}

static std::string legend(std::initializer_list<const char *> kinds) {
  std::string out = "<div class=\"legend\">";
  for (const char *kind : kinds)
    out += tag("span", chip(kind) + kind);
  return out + "</div>\n";
}

namespace {

/// A table that can be sorted. A head that begins with `>` is one of numbers.
class Table {
public:
  Table(std::string &out, std::initializer_list<const char *> heads)
      : out(out) {
    out += "<div class=\"wide\"><table class=\"sort\"><thead><tr>";
    for (llvm::StringRef head : heads) {
      bool isNumber = head.consume_front(">");
      out += "<th scope=\"col\"" + std::string(isNumber ? " class=\"n\"" : "") +
             ">" + escape(head) + "</th>";
    }
    out += "</tr></thead><tbody>\n";
  }
  ~Table() {
    out += rows > 0 ? "</tr>\n" : "";
    out += "</tbody></table></div>\n";
  }

  void row(const std::string &id = "") {
    if (rows++ > 0)
      out += "</tr>\n";
    out += id.empty() ? "<tr>" : "<tr id=\"" + id + "\">";
  }
  /// A cell whose text is escaped.
  Table &cell(const std::string &shown, llvm::StringRef style = "") {
    return markup(escape(shown), style);
  }
  /// One that may hold elements.
  Table &markup(const std::string &shown, llvm::StringRef style = "") {
    out += style.empty() ? "<td>" + shown + "</td>" : tag("td", shown, style);
    return *this;
  }
  /// A number as `shown`; `share`, if not negative, of all as a bar behind it.
  Table &number(double value, const std::string &shown, double share = -1) {
    char sorted[40], bar[40] = "";
    snprintf(sorted, sizeof sorted, "%.10g", value);
    if (share >= 0.0005)
      snprintf(bar, sizeof bar, " style=\"--p:%.1f%%\"",
               std::min(share, 1.0) * 100);
    out += "<td class=\"n\" data-v=\"" + std::string(sorted) + "\"" + bar +
           ">" + escape(shown) + "</td>";
    return *this;
  }
  Table &number(const Json &value) {
    return number(value.get<double>(), value.dump());
  }

private:
  std::string &out;
  unsigned rows = 0;
};

class Page {
public:
  explicit Page(const Json &report) : report(report) {}
  std::string print();

private:
  void printHead();
  void printVariant(const Json &variant, const std::string &id);
  void printMemory(const Json &variant);
  void printEntry(const Json &variant, const Json &entry,
                  const std::string &variantId, const std::string &id,
                  bool isMain);
  void printLaunches(const Json &variant, const Json &entry,
                     const std::string &variantId, const std::string &id);
  void printLines(const Json &entry, const std::string &id);
  void printEntryMemory(const Json &variant, const Json &entry,
                        const std::string &id);
  void printKernel(const Json &kernel, const std::string &id);
  void printPart(const Json &part);

  const Json &report;
  std::string out;
};

} // namespace

/// The number of the entry that is run most: train if there is one.
static size_t mainEntry(const Json &variant) {
  const Json &entries = variant["entries"];
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i]["name"] == "train")
      return i;
  return 0;
}

static std::string linkTo(const std::string &id, const std::string &shown) {
  return "<a href=\"#" + id + "\">" + shown + "</a>";
}

void Page::printHead() {
  const Json &model = report["model"];
  std::string script = pageScript.str();
  auto digest = llvm::SHA256::hash(llvm::arrayRefFromStringRef(script));
  // A page that can load nothing and run nothing but its own script, whatever
  // names a model has.
  out += "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
         "<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
         "'none'; style-src 'unsafe-inline'; script-src 'sha256-" +
         llvm::encodeBase64(digest) +
         "'\">\n<meta name=\"viewport\" content=\"width=device-width, "
         "initial-scale=1\">\n<title>" +
         text(model["name"]) + " - descent report</title>\n<style>" +
         pageStyle.str() + "</style>\n</head>\n<body>\n<header>\n" +
         tag("h1", text(model["name"])) + "\n<p class=\"dim\">" +
         text(model["file"]) + ", batch " + text(model["batch"]) + ", " +
         escape(grouped(model["parameters"].get<int64_t>())) +
         " parameters; built by " + text(report["producer"]) + ".</p>\n<nav>\n";
  for (size_t v = 0; v < report["variants"].size(); ++v) {
    const Json &variant = report["variants"][v];
    std::string id = "v" + std::to_string(v);
    out += "<span>" + linkTo(id, tag("b", text(variant["name"]))) + ":";
    for (size_t e = 0; e < variant["entries"].size(); ++e)
      out += " " + linkTo(id + "e" + std::to_string(e),
                          text(variant["entries"][e]["name"]));
    out += " " + linkTo(id + "k", "kernels") + "</span>\n";
  }
  out += "</nav>\n</header>\n<main>\n";
}

void Page::printMemory(const Json &variant) {
  const Json &memory = variant["memory"];
  out += "<h3>Slabs</h3>\n";
  for (const Json &slab : memory["slabs"]) {
    bool isState = slab["kind"] == "state";
    out += "<p class=\"dim\">" + text(slab["name"]) + ", " +
           text(slab["kind"]) + ", " +
           escape(bytes(slab["size"].get<double>())) +
           (isState ? "</p>\n" : ": drawn with every entry</p>\n");
    if (isState)
      out += drawStrip(memory, slab);
  }
  out += legend({"parameter", "optimizer", "buffer", "metric", "status"});
  out += "<details class=\"fold\"><summary>" +
         std::to_string(memory["fixed"].size()) +
         " states and inputs</summary>\n";
  {
    Table table(out, {"tensor", "kind", "type", "slab", ">offset", ">bytes"});
    for (const Json &place : memory["fixed"]) {
      table.row();
      std::string kind = place["kind"];
      table.cell(place["name"].get<std::string>(), "mono")
          .markup(chip(kind) + escape(kind))
          .cell(place.contains("shape") ? place["type"].get<std::string>() +
                                              "[" + join(place["shape"]) + "]"
                                        : "",
                "mono")
          .cell(place["slab"].get<std::string>(), "mono")
          .number(place["offset"])
          .number(place["size"]);
    }
  }
  out += "</details>\n";
}

void Page::printLaunches(const Json &variant, const Json &entry,
                         const std::string &variantId, const std::string &id) {
  double longest = 0;
  for (const Json &launch : entry["launches"])
    longest = std::max(longest, launch["time_ms"].get<double>() *
                                    launch["runs"].get<double>());
  Table table(out, {">#", "kernel", "what", "loop nest", ">runs", ">FLOP",
                    ">read", ">written", ">FLOP/B", "groups \xC3\x97 lanes",
                    "tile", ">registers", ">time, all runs"});
  for (const Json &launch : entry["launches"]) {
    const Json &kernel = kernelNamed(variant, launch["kernel"]);
    std::string number = launch["launch"].dump(), kind = kernel["kind"],
                name = launch["kernel"];
    table.row(id + "l" + number);
    std::string what = text(launch["label"]),
                places = join(launch["lines"], "  "),
                moved = movement(kernel, launch);
    if (!places.empty())
      what += tag("small", escape(places));
    if (!moved.empty())
      what += tag("small", escape(moved));
    double runs = launch["runs"], time = launch["time_ms"];
    auto lines = [&](std::string (*describe)(const Json &)) {
      return ofParts(
          kernel, [&](const Json &part) { return escape(describe(part)); },
          "<br>");
    };
    table.number(launch["launch"])
        .markup(chip(kind) +
                    linkTo(variantId + "k-" + escape(name), escape(name)),
                "mono")
        .markup(what)
        .markup(lines(loopNest), "mono nest")
        .number(launch["runs"])
        .number(launch["flop"], flops(launch["flop"]))
        .number(launch["bytes_read"], bytes(launch["bytes_read"]))
        .number(launch["bytes_written"], bytes(launch["bytes_written"]))
        .number(launch["intensity"], plain(launch["intensity"]))
        .cell(workgroups(kernel), "mono tight")
        .markup(lines(tileOf), "mono tight")
        .number(kernel["registers"])
        .number(time * runs, report::time(time * runs),
                longest > 0 ? time * runs / longest : 0);
  }
}

void Page::printLines(const Json &entry, const std::string &id) {
  const Json &totals = entry["totals"];
  double flop = totals["flop"], time = totals["time_ms"],
         moved = totals["bytes_read"].get<double>() +
                 totals["bytes_written"].get<double>();
  Table table(out, {">line", "model", ">FLOP", ">read", ">written", ">time",
                    "launches"});
  for (const Json &line : entry["lines"]) {
    table.row();
    double read = line["bytes_read"], written = line["bytes_written"];
    std::string launches;
    for (const Json &launch : line["launches"])
      launches += (launches.empty() ? "" : " ") +
                  linkTo(id + "l" + launch.dump(), launch.dump());
    bool isKnown = line["line"] != 0;
    std::string shown =
        isKnown ? text(line["text"]) : std::string("not of any line");
    if (isKnown)
      shown += tag("small", text(line["file"]));
    table.number(line["line"].get<double>(), isKnown ? line["line"].dump() : "")
        .markup(shown, "source mono")
        .number(line["flop"], flops(line["flop"]),
                flop > 0 ? line["flop"].get<double>() / flop : 0)
        .number(read, bytes(read), moved > 0 ? read / moved : 0)
        .number(written, bytes(written), moved > 0 ? written / moved : 0)
        .number(line["time_ms"], report::time(line["time_ms"]),
                time > 0 ? line["time_ms"].get<double>() / time : 0)
        .markup(launches);
  }
}

void Page::printEntryMemory(const Json &variant, const Json &entry,
                            const std::string &id) {
  const Json &memory = entry["memory"];
  out += "<h3>Memory over time <small>launches to the right, offsets in the "
         "transient slab upwards; black: bytes live, dashed: their peak, below "
         "which no plan goes</small></h3>\n";
  out += drawMemory(variant, entry);
  out += legend({"product", "reduction", "elementwise", "move", "input"});
  if (memory["tensors"].empty())
    return;
  out += "<details class=\"fold\"><summary>" +
         std::to_string(memory["tensors"].size()) +
         " tensors between launches</summary>\n";
  {
    Table table(out, {"tensor", "of", ">offset", ">bytes", ">from launch",
                      ">to launch", "read by", "output"});
    for (const Json &tensor : memory["tensors"]) {
      table.row();
      std::string readers;
      for (const Json &reader : tensor["readers"])
        readers += (readers.empty() ? "" : " ") +
                   linkTo(id + "l" + reader.dump(), reader.dump());
      table
          .markup(
              linkTo(id + "l" + tensor["writer"].dump(), text(tensor["name"])),
              "mono")
          .markup(text(tensor["label"]))
          .number(tensor["offset"])
          .number(tensor["size"])
          .number(tensor["first"])
          .number(tensor["last"])
          .markup(readers)
          .cell(tensor.value("output", ""));
    }
  }
  out += "</details>\n";
}

void Page::printEntry(const Json &variant, const Json &entry,
                      const std::string &variantId, const std::string &id,
                      bool isMain) {
  const Json &totals = entry["totals"], &memory = entry["memory"];
  double read = totals["bytes_read"], written = totals["bytes_written"];
  out += "<details class=\"entry\"" + std::string(isMain ? " open" : "") +
         " id=\"" + id + "\"><summary>" + tag("b", text(entry["name"])) +
         tag("span",
             escape(totals["launches"].dump() + " launches, " +
                    flops(totals["flop"]) + ", " + bytes(read + written) +
                    ", " + report::time(totals["time_ms"])),
             "dim") +
         "</summary>\n<div>\n<div class=\"tiles\">" +
         tile(totals["launches"].dump(), "launches a run") +
         tile(totals["kernels"].dump(), "distinct kernels") +
         tile(totals["barriers"].dump(), "barriers") +
         tile(flops(totals["flop"]), "arithmetic") +
         tile(bytes(read), "compulsory reads") +
         tile(bytes(written), "compulsory writes") +
         tile(plain(totals["intensity"]), "FLOP per byte") +
         tile(report::time(totals["time_ms"]), "estimated time") +
         tile(bytes(memory["planned_bytes"]), "transients") +
         tile(plain(memory["ratio"]) + "\xC3\x97", "plan / liveness bound") +
         "</div>\n<h3>Launches <small>as wide as their estimated time; below, "
         "what runs between two barriers</small></h3>\n";
  out += drawTimeline(variant, entry, id);
  out += legend({"product", "reduction", "elementwise", "move", "merged"});
  printLaunches(variant, entry, variantId, id);
  out += "<h3>Model lines <small>arithmetic and traffic of a run by the line "
         "that asks for it; time of the launches that end on it</small></h3>\n";
  printLines(entry, id);
  printEntryMemory(variant, entry, id);
  out += "</div></details>\n";
}

void Page::printKernel(const Json &kernel, const std::string &id) {
  std::string kind = kernel["kind"], facts;
  auto fact = [&](const char *name, const std::string &value) {
    facts += tag("dt", escape(name)) + tag("dd", escape(value), "mono");
  };
  fact("workgroups", extents(kernel["workgroups"]) + " of " +
                         extents(kernel["local_size"]) + " lanes");
  fact("bindings", join(kernel["bindings"]));
  fact("SPIR-V", bytes(kernel["spirv_bytes"].get<double>()));
  out += "<details class=\"kernel\"><summary><span class=\"mono\" id=\"" + id +
         "\">" + chip(kind) + text(kernel["name"]) + "</span>" +
         tag("span",
             escape(kind + ", " + ofParts(kernel, loopNest, " and ") + ", " +
                    flops(kernel["flop"]) + ", " +
                    report::time(kernel["time_ms"])),
             "dim") +
         "</summary>\n<div>" + tag("dl", facts, "facts") + "\n";
  for (const Json &part : kernel["parts"])
    printPart(part);
  out += "</div></details>\n";
}

void Page::printPart(const Json &part) {
  const Json &how = part["strategy"];
  std::string facts;
  auto fact = [&](const char *name, const std::string &value) {
    facts += tag("dt", escape(name)) + tag("dd", escape(value), "mono");
  };
  fact("loop nest", loopNest(part));
  fact("normal form", normalForm(part));
  fact("lanes", extents(how["lanes"]));
  fact("tile", extents(how["tile"]) + " = " + part["register_tile"].dump() +
                   " results of each kind a lane, in runs of " +
                   extents(how["run"]));
  fact("unroll", extents(how["unroll"]));
  fact("registers", part["registers"].dump() + ", " +
                        part["accumulators"].dump() +
                        " of them accumulators (estimate)");
  out += tag("dl", facts, "facts") + "\n";
  if (part["ops"].empty())
    return;
  Table table(out, {"block", "operation", "type", ">FLOP", "label", "line"});
  for (const Json &op : part["ops"]) {
    table.row();
    table.cell(op["block"].get<std::string>())
        .cell(op["op"].get<std::string>(), "mono")
        .cell(op["type"].get<std::string>(), "mono")
        .number(op["flop"], flops(op["flop"]))
        .cell(op.value("label", ""))
        .cell(op.value("line", ""));
  }
}

void Page::printVariant(const Json &variant, const std::string &id) {
  const Json &memory = variant["memory"], &profile = variant["profile"];
  size_t main = mainEntry(variant);
  out += "<h2 id=\"" + id + "\">" + text(variant["name"]) + " <small>" +
         escape("subgroups of " + profile["subgroup_size"].dump() + ", " +
                profile["registers"].dump() + " registers, " +
                profile["max_bindings"].dump() + " bindings a kernel") +
         "</small></h2>\n<div class=\"tiles\">" +
         tile(bytes(memory["peak_bytes"].get<double>()), "peak memory") +
         tile(bytes(memory["bound_bytes"].get<double>()), "liveness bound") +
         tile(plain(memory["ratio"]) + "\xC3\x97", "plan / bound") +
         tile(std::to_string(variant["kernels"].size()), "kernels") +
         tile(std::to_string(variant["entries"].size()), "entries") +
         "</div>\n";
  if (memory.contains("budget"))
    out += "<p>Memory budget: " + escape(budget(memory["budget"])) + ".</p>\n";
  for (size_t e = 0; e < variant["entries"].size(); ++e)
    printEntry(variant, variant["entries"][e], id, id + "e" + std::to_string(e),
               e == main);
  printMemory(variant);
  out += "<h3 id=\"" + id +
         "k\">Kernels <small>how each is mapped to the "
         "device, and the scalar operations that were fused "
         "into it</small></h3>\n";
  for (const Json &kernel : variant["kernels"])
    printKernel(kernel, id + "k-" + escape(kernel["name"].get<std::string>()));
}

std::string Page::print() {
  printHead();
  for (size_t v = 0; v < report["variants"].size(); ++v)
    printVariant(report["variants"][v], "v" + std::to_string(v));
  out += "</main>\n<footer>Times are estimates of the compiler's cost model. "
         "Bytes are compulsory: what a launch has to read and write if nothing "
         "is read twice.</footer>\n<script>" +
         pageScript.str() + "</script>\n</body>\n</html>\n";
  return out;
}

std::string printHtml(const Json &report) { return Page(report).print(); }

} // namespace descent::report
