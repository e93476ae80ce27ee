// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the module of a model: what it is given, what it keeps, and its
// entries.

#include "descent/Import/Import.h"
#include "Builders.h"
#include "Entries.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace descent {

using namespace import;

static InitAttr convertInit(OpBuilder &b, const model::Initializer &init) {
  InitKind kind = InitKind::constant;
  if (init.kind == model::Initializer::Kind::Uniform)
    kind = InitKind::uniform;
  else if (init.kind == model::Initializer::Kind::Normal)
    kind = InitKind::normal;
  return InitAttr::get(b.getContext(), kind, b.getF64FloatAttr(init.a),
                       b.getF64FloatAttr(init.b));
}

static void addState(OpBuilder &b, Location loc, StringRef name,
                     ArrayRef<int64_t> shape, Role role,
                     const model::Initializer &init) {
  b.create<StateOp>(loc, name, tensorType(shape, b.getF32Type()), role,
                    convertInit(b, init));
}

static void addInputs(OpBuilder &b, const model::CheckedModel &model) {
  for (model::NodeRef ref : model.inputs) {
    const model::Node &node = model.node(ref);
    IntegerAttr batchAxis;
    if (node.type.batchAxis >= 0)
      batchAxis = b.getI64IntegerAttr(node.type.batchAxis);
    DenseI64ArrayAttr range;
    if (node.classes > 0)
      range = b.getDenseI64ArrayAttr({0, node.classes});
    b.create<InputOp>(locationOf(b.getContext(), model, node), node.path,
                      convertType(b.getContext(), node.type), batchAxis, range);
  }
}

static void addParameters(OpBuilder &b, const model::CheckedModel &model) {
  llvm::StringSet<> seen;
  for (const model::Node &node : model.nodes)
    for (const model::Parameter &parameter : node.parameters)
      if (seen.insert(parameter.name).second)
        addState(b, locationOf(b.getContext(), model, node), parameter.name,
                 parameter.shape, Role::parameter, parameter.init);
}

static void addAccumulators(OpBuilder &b, const model::CheckedModel &model) {
  for (const Measure &measure : measuresOf(model)) {
    const model::Node &node = model.node(measure.node);
    for (const std::string &slot : slotsOf(*node.op))
      addState(b, locationOf(b.getContext(), model, node),
               measure.stateName(slot), {}, Role::metric, model::Initializer{});
  }
}

/// Reports an entry that is asked for and not there.
static LogicalResult checkEntries(const ImportOptions &options, Location loc,
                                  ArrayRef<std::string> available) {
  for (const std::string &name : options.entries)
    if (!llvm::is_contained(available, name))
      return emitError(loc) << "the model has no entry '" << name
                            << "'; it has: " << llvm::join(available, ", ");
  return success();
}

/// Reports an input that is called like an entry: both are symbols.
static LogicalResult checkInputs(const model::CheckedModel &model,
                                 MLIRContext &context,
                                 ArrayRef<std::string> available) {
  for (model::NodeRef ref : model.inputs) {
    const model::Node &node = model.node(ref);
    if (llvm::is_contained(available, node.path))
      return emitError(locationOf(&context, model, node))
             << "input '" << node.path
             << "' has the name of an entry; call it otherwise";
  }
  return success();
}

std::vector<std::string> entriesOf(const model::CheckedModel &model) {
  std::vector<std::string> names;
  for (const auto &entry : entryBuildersOf(model))
    names.push_back(entry.first.str());
  return names;
}

bool canImport(const model::OpSpec &op) {
  const BuilderTable &table = BuilderTable::get();
  switch (op.category) {
  case model::Category::Layer:
    return table.layers.contains(op.name);
  case model::Category::Loss:
    return table.losses.contains(op.name);
  case model::Category::Metric:
    return table.metrics.contains(op.name);
  case model::Category::Optimizer:
    return table.optimizers.contains(op.name);
  }
  llvm_unreachable("unknown category");
}

OwningOpRef<ModuleOp> importModel(const model::CheckedModel &model,
                                  MLIRContext &context,
                                  const ImportOptions &options) {
  context.loadDialect<DescentDialect>();
  std::vector<std::string> available = entriesOf(model);
  Location loc = model.files.empty()
                     ? Location(UnknownLoc::get(&context))
                     : FileLineColLoc::get(&context, model.files.front(), 0, 0);
  if (failed(checkEntries(options, loc, available)) ||
      failed(checkInputs(model, context, available)))
    return {};

  auto isWanted = [&](StringRef name) {
    return options.entries.empty() || llvm::is_contained(options.entries, name);
  };
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc, StringRef(model.name));
  OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
  addInputs(b, model);
  addParameters(b, model);
  if (isWanted("eval") || isWanted("metrics"))
    addAccumulators(b, model);
  for (auto [name, build] : entryBuildersOf(model)) {
    if (!isWanted(name))
      continue;
    auto entry = b.create<EntryOp>(loc, name);
    OpBuilder body = OpBuilder::atBlockEnd(&entry.getBody().emplaceBlock());
    build(body, model);
  }
  return module;
}

} // namespace descent
