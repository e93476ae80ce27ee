// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inlining producers and absorbing consumers; see KernelFusion.h.

#include "KernelFusion.h"
#include "KernelBuilder.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"

using namespace mlir;

namespace descent {

KernelResult kernelResult(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getOperand();
  auto kernel = value.getDefiningOp<KernelOp>();
  return kernel ? KernelResult{kernel, cast<OpResult>(value).getResultNumber()}
                : KernelResult();
}

SmallVector<OpOperand *> usesThroughReshapes(KernelOp kernel) {
  SmallVector<OpOperand *> uses;
  SmallVector<Value> values(kernel->getResults());
  while (!values.empty())
    for (OpOperand &use : values.pop_back_val().getUses())
      if (auto reshape = dyn_cast<ReshapeOp>(use.getOwner()))
        values.push_back(reshape);
      else
        uses.push_back(&use);
  return uses;
}

//===----------------------------------------------------------------------===//
// Inlining
//===----------------------------------------------------------------------===//

namespace {

/// Rebuilds a kernel with some of its reads replaced by what computes them.
class Inliner {
public:
  Inliner(KernelOp consumer, KernelOp producer)
      : consumer(consumer), producer(producer),
        fused(consumer.getLoc(), consumer.getParallel(),
              consumer.getReduction(), combinationsOf(consumer)) {}

  KernelOp run() {
    IRMapping mapping;
    unsigned numCombined = consumer.getNumCombined();
    if (!consumer.isElementwise()) {
      if (!readAll(consumer.getInputs(), consumer.getInputAccesses(),
                   consumer.getMapBlock(), 0, true, mapping))
        return {};
      auto values = cloneScalars(
          consumer.getMapBlock(), fused.mapBuilder(), mapping,
          dimExprs(fused.domain(true).size(), context()), fused.domain(true));
      for (auto [i, value] :
           llvm::enumerate(fused.combine(values, combiningLocation(consumer))))
        mapping.map(consumer.getFinishBlock().getArgument(i), value);
    }
    if (!readAll(consumer.getFinishInputs(), consumer.getFinishAccesses(),
                 consumer.getFinishBlock(), numCombined, false, mapping))
      return {};
    auto results = cloneScalars(
        consumer.getFinishBlock(), fused.finishBuilder(), mapping,
        dimExprs(fused.domain(false).size(), context()), fused.domain(false));
    OpBuilder builder(consumer);
    return fused.build(builder, results,
                       llvm::to_vector(consumer->getResultTypes()));
  }

private:
  KernelOp consumer, producer;
  KernelBuilder fused;

  MLIRContext *context() { return consumer.getContext(); }

  bool readAll(OperandRange inputs, ArrayAttr accesses, Block &block,
               unsigned first, bool map, IRMapping &mapping) {
    for (auto [i, input, attribute] : llvm::enumerate(inputs, accesses)) {
      auto access = cast<AccessAttr>(attribute);
      KernelResult source = kernelResult(input);
      Value scalar = source.kernel == producer
                         ? compute(input, source.index, access, map)
                         : fused.read(input, access, map);
      if (!scalar)
        return false;
      mapping.map(block.getArgument(first + i), scalar);
    }
    return true;
  }

  /// The producer's value at the point that `access` reads; null if fills
  /// conflict or all of it has to lie in memory.
  Value compute(Value input, unsigned result, AccessAttr access, bool map) {
    if (isWhole(access))
      return {};
    OpBuilder &b = fused.builder(map);
    ArrayRef<int64_t> domain = fused.domain(map);
    auto shape = cast<RankedTensorType>(input.getType()).getShape();
    auto point = composeAccess(
        access, reshapeAccess(shape, producer.getParallel(), context()),
        domain);
    IRMapping mapping;
    for (auto [i, read, attribute] : llvm::enumerate(
             producer.getFinishInputs(), producer.getFinishAccesses())) {
      auto inner = cast<AccessAttr>(attribute);
      AccessAttr outer = *point;
      if (!isWhole(inner) && !outer.isUnguarded()) {
        // What is read where the guard fails does not matter: the fill is
        // selected below.
        Type element = cast<RankedTensorType>(read.getType()).getElementType();
        TypedAttr fill = inner.isUnguarded()
                             ? cast<TypedAttr>(b.getZeroAttr(element))
                             : inner.getFill();
        outer =
            AccessAttr::get(context(), outer.getMap(), outer.getGuard(), fill);
      }
      auto composed = composeAccess(outer, inner, domain);
      if (!composed)
        return {};
      mapping.map(producer.getFinishBlock().getArgument(i),
                  fused.read(read, *composed, map));
    }
    Value value = cloneScalars(producer.getFinishBlock(), b, mapping,
                               point->getMap().getResults(), domain)[result];
    if (access.isUnguarded())
      return value;
    Location loc = producer.getLoc();
    Value inside = b.create<InBoundsOp>(loc, b.getI1Type(),
                                        IntegerSetAttr::get(access.getGuard()));
    return b.create<SelectOp>(loc, inside, value,
                              b.create<ConstantOp>(loc, access.getFill()));
  }
};

} // namespace

KernelOp inlineProducer(KernelOp consumer, KernelOp producer) {
  return Inliner(consumer, producer).run();
}

//===----------------------------------------------------------------------===//
// Absorbing
//===----------------------------------------------------------------------===//

/// Whether a read goes to the element whose row-major position is that of the
/// iteration.
static bool readsOwnPosition(AccessAttr access, ArrayRef<int64_t> shape,
                             ArrayRef<int64_t> domain) {
  if (isWhole(access) || !access.isUnguarded())
    return false;
  MLIRContext *context = access.getContext();
  auto read = simplifyExpr(
      joinIndices(access.getMap().getResults(), shape, context), domain);
  return read == simplifyExpr(joinIndices(dimExprs(domain.size(), context),
                                          domain, context),
                              domain);
}

static int64_t countPoints(KernelOp kernel) {
  int64_t points = 1;
  for (int64_t extent : kernel.getParallel())
    points *= extent;
  return points;
}

bool canAbsorb(KernelOp producer, KernelOp consumer) {
  if (!consumer.isElementwise() || producer == consumer ||
      countPoints(producer) != countPoints(consumer))
    return false;
  bool reads = false;
  SmallVector<Operation *> others;
  for (auto [i, input] : llvm::enumerate(consumer.getFinishInputs())) {
    if (kernelResult(input).kernel != producer) {
      if (Operation *source = input.getDefiningOp())
        others.push_back(source);
      continue;
    }
    auto shape = cast<RankedTensorType>(input.getType()).getShape();
    if (!readsOwnPosition(consumer.getFinishAccess(i), shape,
                          consumer.getParallel()))
      return false;
    reads = true;
  }
  return reads && llvm::none_of(others, [&](Operation *source) {
           return dependsOn(source, producer);
         });
}

/// Erases the reshapes at the end of a chain of them that nothing reads.
static void eraseDeadReshapes(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  while (reshape && reshape.use_empty()) {
    Value operand = reshape.getOperand();
    reshape.erase();
    reshape = operand.getDefiningOp<ReshapeOp>();
  }
}

KernelOp absorbConsumer(KernelOp producer, KernelOp consumer) {
  MLIRContext *context = producer.getContext();
  KernelBuilder fused(consumer.getLoc(), producer.getParallel(),
                      producer.getReduction(), combinationsOf(producer));
  IRMapping mapping;
  if (!producer.isElementwise()) {
    for (auto [i, input] : llvm::enumerate(producer.getInputs()))
      mapping.map(producer.getMapBlock().getArgument(i),
                  fused.read(input, producer.getInputAccess(i), true));
    auto values = cloneScalars(
        producer.getMapBlock(), fused.mapBuilder(), mapping,
        dimExprs(fused.domain(true).size(), context), fused.domain(true));
    for (auto [i, value] :
         llvm::enumerate(fused.combine(values, combiningLocation(producer))))
      mapping.map(producer.getFinishBlock().getArgument(i), value);
  }
  unsigned numCombined = producer.getNumCombined();
  ArrayRef<int64_t> domain = fused.domain(false);
  for (auto [i, input] : llvm::enumerate(producer.getFinishInputs()))
    mapping.map(producer.getFinishBlock().getArgument(numCombined + i),
                fused.read(input, producer.getFinishAccess(i), false));
  auto produced =
      cloneScalars(producer.getFinishBlock(), fused.finishBuilder(), mapping,
                   dimExprs(domain.size(), context), domain);

  // The consumer's position as a function of the producer's dimensions.
  AccessAttr position =
      reshapeAccess(producer.getParallel(), consumer.getParallel(), context);
  for (auto [i, input] : llvm::enumerate(consumer.getFinishInputs())) {
    KernelResult source = kernelResult(input);
    Value scalar =
        source.kernel == producer
            ? produced[source.index]
            : fused.read(
                  input,
                  *composeAccess(position, consumer.getFinishAccess(i), domain),
                  false);
    mapping.map(consumer.getFinishBlock().getArgument(i), scalar);
  }
  auto consumed = cloneScalars(consumer.getFinishBlock(), fused.finishBuilder(),
                               mapping, position.getMap().getResults(), domain);

  SmallVector<Value> values, replaced;
  SmallVector<Type> types;
  auto keep = [&](Value result, Value scalar) {
    values.push_back(scalar);
    replaced.push_back(result);
    types.push_back(result.getType());
  };
  for (auto [result, scalar] : llvm::zip(producer->getResults(), produced)) {
    bool needed = false;
    SmallVector<Value> aliases{result};
    while (!aliases.empty())
      for (Operation *user : aliases.pop_back_val().getUsers())
        if (isa<ReshapeOp>(user))
          aliases.push_back(user->getResult(0));
        else
          needed |= user != consumer;
    if (needed)
      keep(result, scalar);
  }
  for (auto [result, scalar] : llvm::zip(consumer->getResults(), consumed))
    keep(result, scalar);

  OpBuilder builder(consumer);
  KernelOp op = fused.build(builder, values, types);
  for (auto [before, after] : llvm::zip(replaced, op->getResults()))
    before.replaceAllUsesWith(after);
  SmallVector<Value> read(consumer.getFinishInputs());
  consumer.erase();
  for (Value value : read)
    eraseDeadReshapes(value);
  producer.erase();
  return op;
}

} // namespace descent
