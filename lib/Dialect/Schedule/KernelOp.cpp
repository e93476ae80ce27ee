// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// schedule.kernel: the agreement of its operands with its body, and the custom
// syntax of the dialect.

#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Schedule.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace descent::schedule;

/// Parses `[read, write, readwrite]`.
static ParseResult parseBindingAccesses(OpAsmParser &parser,
                                        ArrayAttr &bindings) {
  SmallVector<Attribute> accesses;
  auto parseOne = [&]() -> ParseResult {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
    std::optional<BindingAccess> access = symbolizeBindingAccess(keyword);
    if (!access)
      return parser.emitError(loc)
             << "expected read, write or readwrite, got '" << keyword << "'";
    accesses.push_back(BindingAccessAttr::get(parser.getContext(), *access));
    return success();
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, parseOne))
    return failure();
  bindings = parser.getBuilder().getArrayAttr(accesses);
  return success();
}

static void printBindingAccesses(OpAsmPrinter &printer, Operation *,
                                 ArrayAttr bindings) {
  printer << "[";
  llvm::interleaveComma(bindings.getAsRange<BindingAccessAttr>(), printer,
                        [&](BindingAccessAttr access) {
                          printer << stringifyBindingAccess(access.getValue());
                        });
  printer << "]";
}

static ParseResult parseSlabKind(OpAsmParser &parser, SlabKindAttr &kind) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<SlabKind> value = symbolizeSlabKind(keyword);
  if (!value)
    return parser.emitError(loc)
           << "expected state or transient, got '" << keyword << "'";
  kind = SlabKindAttr::get(parser.getContext(), *value);
  return success();
}

static void printSlabKind(OpAsmPrinter &printer, Operation *,
                          SlabKindAttr kind) {
  printer << stringifySlabKind(kind.getValue());
}

#define GET_OP_CLASSES
#include "descent/Dialect/Schedule/ScheduleOps.cpp.inc"

SmallVector<Operation *, 1> KernelOp::getParts() {
  SmallVector<Operation *, 1> parts;
  for (Operation &part : getBlock().without_terminator())
    parts.push_back(&part);
  return parts;
}

unsigned KernelOp::getFirstResult(unsigned part) {
  unsigned first = 0;
  SmallVector<Operation *, 1> parts = getParts();
  for (Operation *earlier : ArrayRef(parts).take_front(part))
    first += earlier->getNumResults();
  return first;
}

Attribute KernelOp::getPartStrategy(unsigned part) {
  auto list = dyn_cast_or_null<ArrayAttr>(getStrategyAttr());
  return list ? list[part] : getStrategyAttr();
}

void KernelOp::setPartStrategies(ArrayRef<Attribute> strategies) {
  setStrategyAttr(strategies.size() == 1
                      ? strategies.front()
                      : ArrayAttr::get(getContext(), strategies));
}

SmallVector<int64_t, 2> KernelOp::getExtremes(OperandAttr operand) {
  if (operand.getStride() == 0 || countIterations() == 1)
    return {0};
  return {0, operand.getAlternating() ? 1 : countIterations() - 1};
}

SmallVector<int64_t> KernelOp::getBindingLengths() {
  SmallVector<int64_t> lengths(getBindings().size(), 0);
  auto cover = [&](OperandAttr operand, Type type) {
    int64_t &length = lengths[operand.getBinding()];
    for (int64_t iteration : getExtremes(operand))
      length = std::max<int64_t>(
          length,
          llvm::divideCeil(operand.getOffsetAt(iteration) * elementBytes(type) +
                               byteSize(type),
                           kWordBytes));
  };
  for (BlockArgument argument : getBlock().getArguments())
    cover(getRead(argument.getArgNumber()), argument.getType());
  for (auto [i, value] :
       llvm::enumerate(getBlock().getTerminator()->getOperands()))
    cover(getWrite(i), value.getType());
  return lengths;
}

LogicalResult KernelOp::verify() {
  SmallVector<unsigned> used(getBindings().size(), 0);
  bool moves = false;
  auto check = [&](ArrayAttr operands, StringRef what,
                   BindingAccess access) -> LogicalResult {
    for (auto [i, operand] :
         llvm::enumerate(operands.getAsRange<OperandAttr>())) {
      if (operand.getBinding() < 0 ||
          operand.getBinding() >= int64_t(used.size()))
        return emitOpError()
               << what << " " << i << " names binding " << operand.getBinding()
               << ", but there are " << used.size();
      for (int64_t iteration : getExtremes(operand))
        if (int64_t offset = operand.getOffsetAt(iteration); offset < 0)
          return emitOpError()
                 << what << " " << i << " has the negative offset " << offset
                 << (iteration ? " in iteration " + std::to_string(iteration)
                               : std::string());
      moves |= operand.getStride() != 0;
      used[operand.getBinding()] |= unsigned(access);
    }
    return success();
  };
  if (failed(check(getReads(), "read", BindingAccess::read)) ||
      failed(check(getWrites(), "write", BindingAccess::write)))
    return failure();
  if (moves != getIterations().has_value())
    return emitOpError() << "expected `iterations` if, and only if, an operand "
                            "has a stride";
  for (unsigned i = 0; i < used.size(); ++i) {
    BindingAccess stated = getBindingAccess(i);
    if (used[i] == unsigned(stated))
      continue;
    if (used[i] == 0)
      return emitOpError() << "binding " << i << " holds no tensor";
    return emitOpError() << "binding " << i << " is '"
                         << stringifyBindingAccess(stated)
                         << "', but its tensors make it '"
                         << stringifyBindingAccess(BindingAccess(used[i]))
                         << "'";
  }
  return success();
}

LogicalResult KernelOp::verifyRegions() {
  Block &block = getBlock();
  if (block.getNumArguments() != getReads().size())
    return emitOpError() << "has " << getReads().size()
                         << " reads, but its body takes "
                         << block.getNumArguments() << " tensors";
  for (Type type : block.getArgumentTypes())
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        !tensor || !tensor.hasStaticShape())
      return emitOpError()
             << "expected tensors of static shape as the body's arguments, got "
             << type;
  if (block.getOperations().size() < 2 || !isa<ReturnOp>(block.back()) ||
      !llvm::all_of(block.without_terminator(),
                    llvm::IsaPred<descent::KernelOp, descent::RowGroupOp>))
    return emitOpError() << "expected a body of at least one descent.kernel or "
                            "descent.row_group, and a schedule.return";
  SmallVector<Value> results;
  for (Operation &part : block.without_terminator()) {
    for (Value operand : part.getOperands())
      if (!isa<BlockArgument>(operand))
        return part.emitOpError()
               << "reads what another part of its schedule.kernel computes, "
                  "but parts run at the same time";
    llvm::append_range(results, part.getResults());
  }
  if (auto strategies = dyn_cast_or_null<ArrayAttr>(getStrategyAttr());
      strategies && strategies.size() != getParts().size())
    return emitOpError() << "has " << getParts().size() << " parts, but "
                         << strategies.size() << " strategies";
  if (block.back().getNumOperands() != getWrites().size())
    return emitOpError() << "has " << getWrites().size()
                         << " writes, but its body returns "
                         << block.back().getNumOperands() << " tensors";
  if (block.back().getOperands() != ValueRange(results))
    return emitOpError() << "expected the body to return the results of its "
                            "kernels in order";
  return success();
}
