// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a memory budget has cost, as an attribute of the module.

#include "descent/Dialect/Schedule/Rematerialization.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace descent::schedule;

static constexpr llvm::StringLiteral attrName = "schedule.rematerialized";

void descent::schedule::setRematerialization(ModuleOp module,
                                             const Rematerialization &what) {
  Builder b(module.getContext());
  auto number = [&](StringRef name, int64_t value) {
    return b.getNamedAttr(name, b.getI64IntegerAttr(value));
  };
  SmallVector<Attribute> entries;
  for (const Rematerialization::Entry &entry : what.entries)
    entries.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("entry", b.getStringAttr(entry.name)),
         number("launches", entry.launches), number("flop", entry.flop),
         number("bytes", entry.bytes), number("base_flop", entry.baseFlop),
         number("base_bytes", entry.baseBytes)}));
  module->setAttr(attrName,
                  b.getDictionaryAttr(
                      {number("budget", what.budget),
                       number("unrestricted", what.unrestricted),
                       b.getNamedAttr("entries", b.getArrayAttr(entries))}));
}

std::optional<Rematerialization>
descent::schedule::getRematerialization(ModuleOp module) {
  auto attr = module->getAttrOfType<DictionaryAttr>(attrName);
  if (!attr)
    return std::nullopt;
  auto number = [](DictionaryAttr from, StringRef name) {
    return from.getAs<IntegerAttr>(name).getInt();
  };
  Rematerialization what;
  what.budget = number(attr, "budget");
  what.unrestricted = number(attr, "unrestricted");
  for (auto entry :
       attr.getAs<ArrayAttr>("entries").getAsRange<DictionaryAttr>())
    what.entries.push_back({entry.getAs<StringAttr>("entry").str(),
                            number(entry, "launches"), number(entry, "flop"),
                            number(entry, "bytes"), number(entry, "base_flop"),
                            number(entry, "base_bytes")});
  return what;
}
