// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the module of a model: what it is given, what it keeps, and its
// entries.

#include "descent/Import/Import.h"
#include "Entries.h"
#include "GraphBuilder.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace descent {

using namespace import;

static InitAttr convertInit(OpBuilder &b, const model::Initializer &init) {
  using Kind = model::Initializer::Kind;
  auto kind = [&] {
    switch (init.kind) {
    case Kind::Constant:
      return InitKind::constant;
    case Kind::Uniform:
      return InitKind::uniform;
    case Kind::Normal:
      return InitKind::normal;
    case Kind::TruncatedNormal:
      return InitKind::truncated_normal;
    case Kind::Orthogonal:
      return InitKind::orthogonal;
    case Kind::Identity:
      return InitKind::identity;
    }
    llvm_unreachable("unknown initializer");
  }();
  return InitAttr::get(b.getContext(), kind, b.getF64FloatAttr(init.a),
                       b.getF64FloatAttr(init.b));
}

static Role convertRole(model::State::Role role) {
  switch (role) {
  case model::State::Role::Parameter:
    return Role::parameter;
  case model::State::Role::Buffer:
    return Role::buffer;
  case model::State::Role::Metric:
    return Role::metric;
  }
  llvm_unreachable("unknown role");
}

static void addInput(OpBuilder &b, Location loc, StringRef symbol,
                     const model::TensorType &type,
                     const model::Input *declared) {
  IntegerAttr batchAxis;
  if (type.batchAxis >= 0)
    batchAxis = b.getI64IntegerAttr(type.batchAxis);
  DenseI64ArrayAttr range;
  if (declared && declared->low < declared->high)
    range = b.getDenseI64ArrayAttr({declared->low, declared->high});
  b.create<InputOp>(loc, symbol, convertType(b.getContext(), type), batchAxis,
                    range);
}

/// The inputs that entries share, then those that an entry has in sizes of its
/// own.
static void addInputs(OpBuilder &b, const model::CheckedModel &model,
                      ArrayRef<const model::Entry *> entries) {
  llvm::StringMap<const model::Input *> declared;
  for (const model::Input &input : model.inputs) {
    declared[input.name] = &input;
    addInput(b, locationAt(b.getContext(), model, input.name, input.location),
             input.name, input.type, &input);
  }
  for (const model::Entry *entry : entries)
    for (const model::Node &node : entry->nodes)
      if (node.kind == model::Node::Kind::Input)
        if (std::string symbol = inputSymbol(model, *entry, node);
            symbol != node.path)
          addInput(b, locationOf(b.getContext(), model, node), symbol,
                   node.type(), declared.lookup(node.path));
}

/// Parameters and buffers whichever entry uses them, and the accumulators of
/// metrics if an entry does.
static void addStates(OpBuilder &b, const model::CheckedModel &model,
                      ArrayRef<const model::Entry *> entries) {
  llvm::StringMap<bool> used;
  for (const model::Entry *entry : entries) {
    for (const model::Node &node : entry->nodes)
      if (node.kind == model::Node::Kind::State)
        used[node.path] = true;
    for (const model::Update &update : entry->updates)
      used[update.state] = true;
  }
  for (const model::State &state : model.states)
    if (state.role != model::State::Role::Metric || used.contains(state.name))
      b.create<StateOp>(
          locationAt(b.getContext(), model, state.name, state.location),
          state.name, convertType(b.getContext(), state.type),
          convertRole(state.role), convertInit(b, state.init));
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

/// Reports two of entries, inputs and states that have one name: all are
/// symbols of the module.
static LogicalResult checkNames(const model::CheckedModel &model,
                                MLIRContext &context,
                                ArrayRef<std::string> available) {
  llvm::StringMap<const char *> kinds;
  for (const std::string &name : available)
    kinds[name] = "an entry";
  auto check = [&](const char *article, const char *kind, StringRef name,
                   const model::Location &location) -> LogicalResult {
    auto [known, isNew] = kinds.try_emplace(name, article);
    if (isNew)
      return success();
    return emitError(locationAt(&context, model, name, location))
           << kind << " '" << name << "' has the name of " << known->second
           << "; call it otherwise";
  };
  for (const model::Input &input : model.inputs)
    if (failed(check("an input", "input", input.name, input.location)))
      return failure();
  for (const model::State &state : model.states)
    if (failed(check("a state", "state", state.name, state.location)))
      return failure();
  return success();
}

std::vector<std::string> entriesOf(const model::CheckedModel &model) {
  std::vector<std::string> names;
  for (const model::Entry &entry : model.entries)
    names.push_back(entry.name);
  return names;
}

bool canImport(const model::OpSpec &op) {
  const BuilderTable &table = BuilderTable::get();
  switch (op.category) {
  case model::Category::Optimizer:
    return table.optimizers.contains(op.name);
  case model::Category::Initializer:
    return true;
  default:
    return op.definition || table.ops.contains(op.name);
  }
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
      failed(checkNames(model, context, available)))
    return {};

  SmallVector<const model::Entry *> entries;
  for (const model::Entry &entry : model.entries)
    if (options.entries.empty() ||
        llvm::is_contained(options.entries, entry.name))
      entries.push_back(&entry);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc, StringRef(model.name));
  OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
  addInputs(b, model, entries);
  addStates(b, model, entries);
  for (const model::Entry *entry : entries) {
    auto op = b.create<EntryOp>(loc, entry->name);
    OpBuilder body = OpBuilder::atBlockEnd(&op.getBody().emplaceBlock());
    if (!buildEntry(body, model, *entry))
      return {};
  }
  return module;
}

} // namespace descent
