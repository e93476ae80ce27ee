// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbolic contents of tensors and of memory.

#include "Contents.h"
#include "Ties.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

//===----------------------------------------------------------------------===//
// Content
//===----------------------------------------------------------------------===//

void Content::append(Segment segment) {
  if (segment.value < Values::NumUniform)
    segment.start = 0;
  if (!segments.empty()) {
    Segment &last = segments.back();
    bool continues = segment.value < Values::NumUniform ||
                     last.start + last.length == segment.start;
    if (last.value == segment.value && continues) {
      last.length += segment.length;
      return;
    }
  }
  if (segment.length > 0)
    segments.push_back(segment);
}

void Content::append(const Content &other) {
  for (const Segment &segment : other.segments)
    append(segment);
}

Content Content::slice(int64_t start, int64_t length) const {
  Content result;
  int64_t position = 0;
  for (const Segment &segment : segments) {
    int64_t begin = std::max(start, position),
            end = std::min(start + length, position + segment.length);
    if (begin < end)
      result.append(
          {segment.value, segment.start + begin - position, end - begin});
    position += segment.length;
  }
  return result;
}

std::vector<Content> Content::split(int64_t length) const {
  std::vector<Content> pieces;
  int64_t room = 0;
  for (Segment segment : segments)
    while (segment.length > 0) {
      if (room == 0) {
        pieces.emplace_back();
        room = length;
      }
      int64_t taken = std::min(room, segment.length);
      pieces.back().append({segment.value, segment.start, taken});
      segment.start += taken;
      segment.length -= taken;
      room -= taken;
    }
  return pieces;
}

bool Content::contains(unsigned value) const {
  return llvm::any_of(
      segments, [&](const Segment &segment) { return segment.value == value; });
}

//===----------------------------------------------------------------------===//
// Slabs
//===----------------------------------------------------------------------===//

void SlabContent::split(int64_t offset) {
  auto it = std::prev(runs.upper_bound(offset));
  Segment &run = it->second;
  int64_t head = offset - it->first;
  if (head == 0 || head >= run.length)
    return;
  Segment tail = {run.value, run.start + head, run.length - head};
  run.length = head;
  runs[offset] = tail;
}

void SlabContent::write(int64_t offset, const Content &content) {
  int64_t length = 0;
  for (const Segment &segment : content.getSegments())
    length += segment.length;
  split(offset);
  split(offset + length);
  runs.erase(runs.lower_bound(offset), runs.lower_bound(offset + length));
  for (const Segment &segment : content.getSegments()) {
    runs[offset] = segment;
    offset += segment.length;
  }
}

Content SlabContent::read(int64_t offset, int64_t length) const {
  Content result;
  for (auto it = std::prev(runs.upper_bound(offset));
       it != runs.end() && it->first < offset + length; ++it) {
    int64_t begin = std::max(offset, it->first),
            end = std::min(offset + length, it->first + it->second.length);
    if (begin < end)
      result.append({it->second.value, it->second.start + begin - it->first,
                     end - begin});
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// True if finish operand i is read at each point only where the results are
/// written, and is like them in its elements' size.
static bool readsOwn(descent::KernelOp kernel, unsigned i) {
  Type read = kernel->getOperand(i).getType(),
       written = kernel->getResult(0).getType();
  return elementBytes(read) == elementBytes(written) &&
         byteSize(read) == byteSize(written) &&
         readsOwnElement(kernel->getResult(0), i, {}, {});
}

/// Which of an elementwise kernel's results are zero at a point where exactly
/// the operands `zero` are.
static SmallVector<bool> evaluateZeros(descent::KernelOp kernel,
                                       ArrayRef<bool> zero) {
  llvm::DenseMap<Value, bool> isZero;
  Block &block = kernel.getFinishBlock();
  for (auto [argument, z] : llvm::zip(block.getArguments(), zero))
    isZero[argument] = z;
  for (Operation &op : block.without_terminator()) {
    auto at = [&](unsigned i) { return isZero.lookup(op.getOperand(i)); };
    bool all = llvm::all_of(op.getOperands(), [&](Value operand) {
      return isZero.lookup(operand);
    });
    isZero[op.getResult(0)] =
        llvm::TypeSwitch<Operation *, bool>(&op)
            .Case([](ConstantOp constant) {
              return matchPattern(constant.getResult(), m_Zero()) ||
                     matchPattern(constant.getResult(), m_AnyZeroFloat());
            })
            .Case<MulOp, AndOp>([&](auto) { return at(0) || at(1); })
            .Case([&](DivOp) { return at(0) && !at(1); })
            .Case([&](SelectOp) { return at(1) && at(2); })
            .Case<AddOp, SubOp, NegOp, AbsOp, SqrtOp, SinOp, TanhOp,
                  LeakyReluOp, MaximumOp, MinimumOp, CastOp>(
                [&](auto) { return all; })
            .Default(false);
  }
  return llvm::map_to_vector(block.getTerminator()->getOperands(),
                             [&](Value value) { return isZero.lookup(value); });
}

/// Puts zeros into `results` where an elementwise kernel makes them out of
/// zeros.
void KernelFunction::markZeros(ArrayRef<Content> operands,
                               MutableArrayRef<Content> results) {
  if (llvm::none_of(operands, [](const Content &operand) {
        return operand.contains(Values::Zero);
      }))
    return;
  // The results are cut at the same bytes.
  int64_t bytes = byteSize(kernel->getResult(0).getType());
  if (llvm::any_of(kernel->getResultTypes(),
                   [&](Type type) { return byteSize(type) != bytes; }))
    return;
  unsigned count = operands.size();
  llvm::SmallSetVector<int64_t, 16> cuts;
  for (unsigned i = 0; i < count; ++i) {
    if (!own[i])
      own[i] = readsOwn(kernel, i);
    int64_t position = 0;
    for (const Segment &segment : operands[i].getSegments()) {
      if (*own[i] && segment.value == Values::Zero) {
        cuts.insert(position);
        cuts.insert(position + segment.length);
      }
      position += segment.length;
    }
  }
  SmallVector<int64_t> bounds = cuts.takeVector();
  llvm::sort(bounds);
  SmallVector<Content> marked(results.size());
  int64_t done = 0;
  for (unsigned b = 0; b + 1 < bounds.size(); ++b) {
    int64_t begin = bounds[b], length = bounds[b + 1] - begin;
    SmallVector<bool> zero;
    for (unsigned i = 0; i < count; ++i)
      zero.push_back(*own[i] && operands[i].slice(begin, length) ==
                                    Content(Values::Zero, length));
    for (auto [i, isZero] : llvm::enumerate(evaluateZeros(kernel, zero))) {
      marked[i].append(results[i].slice(done, begin - done));
      marked[i].append(isZero ? Content(Values::Zero, length)
                              : results[i].slice(begin, length));
    }
    done = begin + length;
  }
  for (unsigned i = 0; i < results.size(); ++i) {
    marked[i].append(results[i].slice(done, bytes - done));
    results[i] = marked[i];
  }
}

KernelFunction::KernelFunction(Operation *op, Values &values)
    : op(op), kernel(dyn_cast<descent::KernelOp>(op)), values(values),
      own(op->getNumOperands()) {
  copies = kernel && kernel.isElementwise() && kernel->getNumOperands() == 1 &&
           kernel.getFinishBlock().getOperations().size() == 1 &&
           kernel->getNumResults() == 1 && readsOwn(kernel, 0) &&
           kernel.getFinishAccess(0).isUnguarded();
  std::string text;
  llvm::raw_string_ostream stream(text);
  // From the kernel's own scope its operands have no names, so the text does
  // not depend on where it stands.
  op->print(stream, OpPrintingFlags().useLocalScope().enableDebugInfo(false));
  number = values.number(text);
}

SmallVector<Content> KernelFunction::evaluate(ArrayRef<Content> operands) {
  if (copies)
    return {operands[0]};
  // Numbers as bytes: loops evaluate the same kernel many times.
  SmallVector<int64_t, 32> key = {number};
  for (const Content &operand : operands) {
    key.push_back(operand.getSegments().size());
    for (const Segment &segment : operand.getSegments())
      key.append({int64_t(segment.value), segment.start, segment.length});
  }
  key.push_back(0);
  SmallVector<Content> results;
  for (OpResult result : op->getResults()) {
    key.back() = result.getResultNumber();
    StringRef bytes(reinterpret_cast<const char *>(key.data()),
                    key.size() * sizeof(int64_t));
    results.push_back(
        Content(values.number(bytes), byteSize(result.getType())));
  }
  if (kernel && kernel.isElementwise())
    markZeros(operands, results);
  return results;
}

bool KernelFunction::readsOnlyWritten(unsigned operand, unsigned result,
                                      int64_t distance) {
  auto [known, isNew] =
      onlyWritten.try_emplace({operand, result, distance}, false);
  int64_t bytes = elementBytes(op->getResult(result).getType());
  bool isAligned = elementBytes(op->getOperand(operand).getType()) == bytes &&
                   distance % bytes == 0;
  if (isNew && isAligned)
    known->second = readsOwnElement(op->getResult(result), operand, {},
                                    {nullptr, distance / bytes, 0});
  return known->second;
}
