// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A syntax tree in the text spelling, in lines of at most 100 columns where
// that can be done.

#include "Printer.h"
#include "descent/Model/Load.h"

using namespace descent::model;

namespace {

constexpr size_t maxColumns = 100;

class Printer {
public:
  std::string run(const Model &model);

private:
  void line(const std::string &text);
  void emptyLine() {
    if (!out.empty() && !out.ends_with("\n\n"))
      out += '\n';
  }
  bool fits(const std::string &text) const {
    return indent + text.size() <= maxColumns;
  }
  void body(const std::string &head, const std::vector<Stage> &stages);
  void stages(const std::vector<Stage> &stages);
  void statement(const Statement &statement);
  void block(std::string head, const Stage &stage, const std::string &tail);
  void definition(const Definition &definition);
  void result(const std::string &word, const ResultDecl &result);
  void optimizer(const OptimizerDecl &optimizer);
  void entry(const EntryDecl &entry);

  std::string out;
  size_t indent = 0;
};

/// Writes a line; a long one is broken at its last soft space before the limit,
/// again and again.
void Printer::line(const std::string &text) {
  std::string rest(indent, ' ');
  rest += text;
  size_t begin = indent;
  while (rest.size() > maxColumns) {
    size_t space = rest.rfind(softSpace, maxColumns);
    if (space == rest.npos || space < begin)
      space = rest.find(softSpace, begin);
    if (space == rest.npos)
      break;
    out += flatten(rest.substr(0, space)) + "\n";
    begin = indent + 4;
    rest = std::string(begin, ' ') + rest.substr(space + 1);
  }
  out += flatten(std::move(rest)) + "\n";
}

void Printer::body(const std::string &head, const std::vector<Stage> &list) {
  line(head + " {");
  indent += 2;
  stages(list);
  indent -= 2;
  line("}");
}

void Printer::stages(const std::vector<Stage> &list) {
  for (const Statement &each : groupStages(list))
    statement(each);
}

/// `head { ... } else { ... }`, the bodies on lines of their own.
void Printer::block(std::string head, const Stage &stage,
                    const std::string &tail) {
  line(head + " {");
  indent += 2;
  stages(stage.body);
  indent -= 2;
  const std::vector<Stage> &otherwise = stage.otherwise;
  if (otherwise.empty())
    return line("}" + tail);
  if (otherwise.size() == 1 && otherwise[0].kind == Stage::Kind::If &&
      otherwise[0].path.empty())
    return block("} else " + printBlockHead(otherwise[0]), otherwise[0], tail);
  line("} else {");
  indent += 2;
  stages(otherwise);
  indent -= 2;
  line("}" + tail);
}

void Printer::statement(const Statement &statement) {
  std::string end = statement.needsSemicolon ? ";" : "";
  const Stage &first = *statement.stages.front();
  if (!statement.isPipeline) {
    if (hasBlock(first))
      return block(printBlockHead(first), first, end);
    return line(printStage(first, true) + end);
  }
  std::string prefix = printPrefix(statement);
  std::vector<std::string> parts = printParts(statement);
  std::string flat = prefix;
  for (const std::string &part : parts)
    flat += (&part == &parts[0] ? "" : " ") + part;
  if (fits(flat + end))
    return line(flat + end);
  // A link a line. The first stage may have two parts.
  size_t outer = indent, extra = parts.size() - statement.stages.size();
  for (size_t i = 0; i < parts.size(); ++i) {
    const Stage &stage = *statement.stages[i < extra ? 0 : i - extra];
    std::string start = i == 0 ? prefix : "";
    std::string tail = i + 1 == parts.size() ? end : "";
    if (hasBlock(stage) && !fits(start + parts[i] + tail))
      block(start + "|> " + printBlockHead(stage), stage, tail);
    else
      line(start + parts[i] + tail);
    indent = outer + 2;
  }
  indent = outer;
}

void Printer::definition(const Definition &definition) {
  static const char *const kinds[] = {"module", "function", "loss", "metric",
                                      "initializer"};
  emptyLine();
  std::string_view doc = definition.doc;
  while (!doc.empty()) {
    size_t end = std::min(doc.find('\n'), doc.size());
    std::string text(doc.substr(0, end));
    out += text.empty() ? "///\n" : "/// " + text + "\n";
    doc.remove_prefix(std::min(end + 1, doc.size()));
  }
  auto write = [&](const std::string &head, const std::vector<Stage> &list) {
    if (list.size() == 1 && list[0].kind == Stage::Kind::Return &&
        !list[0].takesPrevious)
      return line(head + " =" + softSpace + printExpr(list[0].value));
    body(head, list);
  };
  write(std::string(kinds[int(definition.kind)]) + " " + definition.name.text +
            printParameters(definition.parameters),
        definition.body);
  if (!definition.vjp)
    return;
  std::string head = "vjp (";
  for (const Identifier &name : definition.cotangents)
    head += (&name == &definition.cotangents[0] ? "" : ", ") + name.text;
  write(head + ")", *definition.vjp);
}

/// An output of a value by its own name, and a metric called like its op, need
/// no other name.
void Printer::result(const std::string &word, const ResultDecl &result) {
  const Expr &value = result.value;
  const std::string &name = result.name.text;
  if (word == "output" && value.isName(name))
    return line(word + " " + name);
  if (word == "metric" && value.kind == Expr::Kind::Call &&
      value.operands[0].isName(name))
    return line(word + " " + printExpr(value));
  line(word + " " + name + " = " + printExpr(value));
}

void Printer::optimizer(const OptimizerDecl &optimizer) {
  std::string text = "optimizer " + printExpr(optimizer.value);
  for (const Identifier &path : optimizer.over)
    text +=
        (&path == &optimizer.over[0] ? " over " : ", ") + printPath(path.text);
  line(text);
}

void Printer::entry(const EntryDecl &entry) {
  emptyLine();
  std::string head = "entry " + entry.name.text;
  for (const Argument &argument : entry.overrides)
    head += std::string(&argument == &entry.overrides[0] ? ":" : ",") +
            softSpace + argument.key.text + " " + printExpr(argument.value);
  if (entry.body.empty() && entry.losses.empty() && entry.optimizers.empty() &&
      entry.outputs.empty())
    return line(head);
  line(head + " {");
  indent += 2;
  stages(entry.body);
  for (const ResultDecl &output : entry.outputs)
    result("output", output);
  for (const Expr &loss : entry.losses)
    line("loss " + printExpr(loss));
  for (const OptimizerDecl &each : entry.optimizers)
    optimizer(each);
  indent -= 2;
  line("}");
}

std::string Printer::run(const Model &model) {
  line("model " + printString(model.name.text));
  std::string constants;
  for (const ConstantDecl &constant : model.constants)
    constants += (constants.empty() ? "const " : std::string(",") + softSpace) +
                 constant.name.text + " = " + printExpr(constant.value);
  if (!constants.empty())
    line(constants);
  emptyLine();
  for (const InputDecl &input : model.inputs) {
    std::string text = "input " + input.name.text + " : " + input.dtype.text +
                       printExpr(input.shape);
    if (input.range)
      text += " in [" + printExpr(input.range->operands[0]) + ", " +
              printExpr(input.range->operands[1]) + ")";
    line(text);
  }
  for (const Definition &each : model.definitions)
    definition(each);
  emptyLine();
  stages(model.network);
  emptyLine();
  for (const Expr &loss : model.losses)
    line("loss " + printExpr(loss));
  for (const ResultDecl &metric : model.metrics)
    result("metric", metric);
  if (model.outputs)
    for (const ResultDecl &output : *model.outputs)
      result("output", output);
  for (const OptimizerDecl &each : model.optimizers)
    optimizer(each);
  std::string train;
  for (const Argument &argument : model.train)
    train += (train.empty() ? "train " : ", ") + argument.key.text + ": " +
             printExpr(argument.value);
  if (!train.empty())
    line(train);
  for (const EntryDecl &each : model.entries)
    entry(each);
  while (out.ends_with("\n\n"))
    out.pop_back();
  return out;
}

} // namespace

std::string descent::model::printText(const Model &model) {
  return Printer().run(model);
}
