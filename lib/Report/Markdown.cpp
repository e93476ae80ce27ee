// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The report as tables in Markdown.

#include "Format.h"
#include "Page.h"

namespace descent::report {

/// Text in a cell that stands for itself.
static std::string cell(llvm::StringRef text) {
  std::string result;
  for (char c : text) {
    if (c == '\n' || c == '\r') {
      result += ' ';
      continue;
    }
    if (llvm::StringRef("\\`*_[]<>|&#~").contains(c))
      result += '\\';
    result += c;
  }
  return result;
}

static std::string text(const Json &value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

namespace {

/// A table: the heads, then rows of as many cells. A head that begins with `>`
/// is one of numbers.
class Table {
public:
  Table(std::string &out, std::initializer_list<const char *> heads)
      : out(out) {
    std::string names = "|", rule = "|";
    for (llvm::StringRef head : heads) {
      bool isNumber = head.consume_front(">");
      names += " " + head.str() + " |";
      rule += isNumber ? "---:|" : "---|";
    }
    out += names + "\n" + rule + "\n";
  }
  ~Table() { out += "\n"; }

  void row(std::initializer_list<std::string> cells) {
    out += "|";
    for (const std::string &each : cells)
      out += " " + cell(each) + " |";
    out += "\n";
  }

private:
  std::string &out;
};

} // namespace

static void printTotals(std::string &out, const Json &entry) {
  const Json &totals = entry["totals"], &memory = entry["memory"];
  Table table(out, {"of a run", ">"});
  table.row({"launches", text(totals["launches"])});
  table.row({"distinct kernels", text(totals["kernels"])});
  table.row({"barriers", text(totals["barriers"])});
  table.row({"arithmetic", flops(totals["flop"])});
  table.row({"compulsory reads", bytes(totals["bytes_read"])});
  table.row({"compulsory writes", bytes(totals["bytes_written"])});
  table.row({"FLOP per byte", plain(totals["intensity"])});
  table.row({"estimated time", time(totals["time_ms"])});
  table.row({"transients, planned", bytes(memory["planned_bytes"])});
  table.row({"transients, live at once", bytes(memory["bound_bytes"])});
  table.row({"plan / bound", plain(memory["ratio"])});
}

static void printLaunches(std::string &out, const Json &variant,
                          const Json &entry) {
  out += "#### Launches\n\n";
  Table table(out,
              {">#", "kernel", "label", "lines", "loop nest", ">runs", ">FLOP",
               ">read", ">written", ">FLOP/B", ">time", "remarks"});
  for (const Json &launch : entry["launches"]) {
    const Json &kernel = kernelNamed(variant, launch["kernel"]);
    table.row({text(launch["launch"]), text(launch["kernel"]),
               text(launch["label"]), join(launch["lines"]),
               ofParts(kernel, loopNest, "; "), text(launch["runs"]),
               flops(launch["flop"]), bytes(launch["bytes_read"]),
               bytes(launch["bytes_written"]), plain(launch["intensity"]),
               time(launch["time_ms"]), movement(kernel, launch)});
  }
}

static void printLines(std::string &out, const Json &entry) {
  out += "#### Model lines\n\n";
  Table table(
      out, {"line", "text", ">FLOP", ">read", ">written", ">time", "launches"});
  for (const Json &line : entry["lines"])
    table.row({line["line"] == 0
                   ? std::string("-")
                   : text(line["file"]) + ":" + text(line["line"]),
               text(line["text"]), flops(line["flop"]),
               bytes(line["bytes_read"]), bytes(line["bytes_written"]),
               time(line["time_ms"]), join(line["launches"])});
}

static void printTensors(std::string &out, const Json &entry) {
  if (entry["memory"]["tensors"].empty())
    return;
  out += "#### Memory\n\n";
  Table table(out, {"tensor", "of", "slab", ">offset", ">bytes", ">from launch",
                    ">to launch", "output"});
  for (const Json &tensor : entry["memory"]["tensors"])
    table.row({text(tensor["name"]), text(tensor["label"]),
               text(tensor["slab"]), text(tensor["offset"]),
               text(tensor["size"]), text(tensor["first"]),
               text(tensor["last"]), tensor.value("output", "")});
}

static void printKernels(std::string &out, const Json &variant) {
  out += "### Kernels\n\n";
  {
    Table table(out, {"kernel", "kind", ">parts", "workgroups", "local size",
                      ">registers", "bindings", ">SPIR-V", ">time"});
    for (const Json &kernel : variant["kernels"])
      table.row({text(kernel["name"]), text(kernel["kind"]),
                 std::to_string(kernel["parts"].size()),
                 extents(kernel["workgroups"]), extents(kernel["local_size"]),
                 text(kernel["registers"]), join(kernel["bindings"]),
                 bytes(kernel["spirv_bytes"]), time(kernel["time_ms"])});
  }
  out += "#### Parts\n\n";
  {
    Table table(out, {"kernel", ">part", "kind", "loop nest", "normal form",
                      "lanes", "tile", "run", "unroll", ">accumulators",
                      ">registers", ">FLOP"});
    for (const Json &kernel : variant["kernels"])
      for (size_t i = 0; i < kernel["parts"].size(); ++i) {
        const Json &part = kernel["parts"][i], &how = part["strategy"];
        table.row({text(kernel["name"]), std::to_string(i), text(part["kind"]),
                   loopNest(part), normalForm(part), extents(how["lanes"]),
                   extents(how["tile"]), extents(how["run"]),
                   extents(how["unroll"]), text(part["accumulators"]),
                   text(part["registers"]), flops(part["flop"])});
      }
  }
  out += "#### Scalar operations\n\n";
  Table table(out, {"kernel", ">part", "block", "operation", "type", ">FLOP",
                    "label", "line"});
  for (const Json &kernel : variant["kernels"])
    for (size_t i = 0; i < kernel["parts"].size(); ++i)
      for (const Json &op : kernel["parts"][i]["ops"])
        table.row({text(kernel["name"]), std::to_string(i), text(op["block"]),
                   text(op["op"]), text(op["type"]), flops(op["flop"]),
                   op.value("label", ""), op.value("line", "")});
}

static void printMemory(std::string &out, const Json &memory) {
  out += "Peak memory " + bytes(memory["peak_bytes"]) + ", " +
         plain(memory["ratio"]) + " times the bound of " +
         bytes(memory["bound_bytes"]) + ".\n\n";
  if (memory.contains("budget"))
    out += "Memory budget: " + cell(budget(memory["budget"])) + ".\n\n";
  {
    Table table(out, {"slab", "kind", ">bytes"});
    for (const Json &slab : memory["slabs"])
      table.row({text(slab["name"]), text(slab["kind"]), text(slab["size"])});
  }
  Table table(out, {"tensor", "kind", "type", "slab", ">offset", ">bytes"});
  for (const Json &place : memory["fixed"])
    table.row({text(place["name"]), text(place["kind"]),
               place.contains("shape")
                   ? text(place["type"]) + "[" + join(place["shape"]) + "]"
                   : "",
               text(place["slab"]), text(place["offset"]),
               text(place["size"])});
}

std::string printMarkdown(const Json &report) {
  const Json &model = report["model"];
  std::string out = "# " + cell(text(model["name"])) + "\n\n" +
                    cell(text(model["file"])) + ", batch " +
                    text(model["batch"]) + ", " + text(model["parameters"]) +
                    " parameters; " + text(report["producer"]) +
                    ".\nTimes are estimates of the compiler's cost model.\n\n";
  for (const Json &variant : report["variants"]) {
    out += "## " + cell(text(variant["name"])) + "\n\n";
    printMemory(out, variant["memory"]);
    for (const Json &entry : variant["entries"]) {
      out += "### Entry " + cell(text(entry["name"])) + "\n\n";
      printTotals(out, entry);
      printLaunches(out, variant, entry);
      printLines(out, entry);
      printTensors(out, entry);
    }
    printKernels(out, variant);
  }
  return out;
}

} // namespace descent::report
