// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the elaborator reports: an error in the library belongs to the call in
// the user's file, and one in a definition of the user's names its callers.

#include "Elaborator.h"

using namespace descent::model;

Location Elaborator::where(Location location) const {
  return frame && frame->library ? frame->userCall : location;
}

Value Elaborator::error(Location location, std::string message) {
  return errorAt(where(location), std::move(message));
}

Value Elaborator::errorAt(Location location, std::string message) {
  ++numFailures;
  Diagnostic *diagnostic = context.error(location, std::move(message));
  if (!diagnostic)
    return {};
  constexpr int maxNotes = 5;
  int notes = 0;
  for (const Frame *f = frame; f && notes < maxNotes; f = f->caller) {
    if (f->library || !f->definition)
      continue;
    diagnostic->notes.push_back(
        {f->calledAt,
         "in " + quote(f->definition->name.text) + " called here"});
    ++notes;
  }
  return {};
}

std::string Elaborator::describe(const Tensor &tensor) const {
  Tensor source = GraphBuilder::resolve(tensor);
  const Node &node = source.graph->node(source.ref);
  std::string from;
  switch (node.kind) {
  case Node::Kind::Input:
    from = "input " + quote(node.path);
    break;
  case Node::Kind::State:
    from = quote(node.path);
    break;
  case Node::Kind::Argument:
  case Node::Kind::Op:
    from = quote(source.graph->origin(source.ref));
    break;
  }
  return toString(type(source).shape) + " from " + from + " at " +
         context.diagnostics.describe(node.location);
}

std::string Elaborator::describe(const Value &value) const {
  if (const Tensor *tensor = value.get<Tensor>())
    return describe(*tensor);
  const List *list = value.list();
  if (!list)
    return print(value);
  std::string result = "[";
  for (const Value &item : *list)
    result += (result.size() > 1 ? ", " : "") + describe(item);
  return result + "]";
}
