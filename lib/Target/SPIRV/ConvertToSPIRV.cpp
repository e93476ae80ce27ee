// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One full conversion from gpu, scf, arith, math, memref and vector to the
// SPIR-V dialect, with the entry point's interface.

#include "Conversion.h"
#include "mlir/Conversion/ArithToSPIRV/ArithToSPIRV.h"
#include "mlir/Conversion/GPUToSPIRV/GPUToSPIRV.h"
#include "mlir/Conversion/MathToSPIRV/MathToSPIRV.h"
#include "mlir/Conversion/MemRefToSPIRV/MemRefToSPIRV.h"
#include "mlir/Conversion/SCFToSPIRV/SCFToSPIRV.h"
#include "mlir/Conversion/VectorToSPIRV/VectorToSPIRV.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "mlir/Dialect/SPIRV/Transforms/Passes.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace descent {

namespace {

/// Upstream has no pattern for this operation in version 19.
struct FromElementsPattern : OpConversionPattern<vector::FromElementsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(vector::FromElementsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<mlir::spirv::CompositeConstructOp>(
        op, op.getType(), adaptor.getElements());
    return success();
  }
};

/// The number of the loop's iteration is the one word of the push constants.
struct IterationPattern : OpConversionPattern<gpu::BlockIdOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(gpu::BlockIdOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (op.getDimension() != gpu::Dimension::z)
      return failure();
    rewriter.replaceOp(op, mlir::spirv::getPushConstantValue(
                               op, /*elementCount=*/1, /*offset=*/0,
                               rewriter.getI32Type(), rewriter));
    return success();
  }
};

/// The variables that carry a converted loop's values.
using LoopVariables = llvm::DenseMap<Operation *, SmallVector<Value>>;

/// A loop whose carried values live in variables, stored before the loop and at
/// the end of its body. The optimizer makes one phi of each; of upstream's
/// block arguments and result variables it would make two.
struct ForPattern : OpConversionPattern<scf::ForOp> {
  ForPattern(const TypeConverter &converter, MLIRContext *context,
             LoopVariables &variables)
      : OpConversionPattern(converter, context, /*benefit=*/2),
        variables(variables) {}

  LogicalResult
  matchAndRewrite(scf::ForOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Value> carried;
    for (Value initial : adaptor.getInitArgs()) {
      auto pointer = mlir::spirv::PointerType::get(
          initial.getType(), mlir::spirv::StorageClass::Function);
      carried.push_back(rewriter.create<mlir::spirv::VariableOp>(
          loc, pointer, mlir::spirv::StorageClass::Function,
          /*initializer=*/nullptr));
      rewriter.create<mlir::spirv::StoreOp>(loc, carried.back(), initial);
    }
    auto loop = rewriter.create<mlir::spirv::LoopOp>(
        loc, mlir::spirv::LoopControl::None);
    loop.addEntryAndMergeBlock(rewriter);
    variables[loop] = carried;

    Type indexType = adaptor.getLowerBound().getType();
    OpBuilder::InsertionGuard guard(rewriter);
    Block *merge = loop.getMergeBlock();
    Block *header = rewriter.createBlock(merge, {indexType}, {loc});
    Block *continuing = rewriter.createBlock(merge);
    Value counter = header->getArgument(0);
    rewriter.setInsertionPointToEnd(loop.getEntryBlock());
    rewriter.create<mlir::spirv::BranchOp>(loc, header,
                                           adaptor.getLowerBound());
    rewriter.setInsertionPointToEnd(continuing);
    Value next =
        rewriter.create<mlir::spirv::IAddOp>(loc, counter, adaptor.getStep());
    rewriter.create<mlir::spirv::BranchOp>(loc, header, next);

    rewriter.setInsertionPointToEnd(header);
    TypeConverter::SignatureConversion arguments(
        op.getBody()->getNumArguments());
    arguments.remapInput(0, counter);
    for (auto [i, variable] : llvm::enumerate(carried))
      arguments.remapInput(
          i + 1,
          rewriter.create<mlir::spirv::LoadOp>(loc, variable).getResult());
    Value more = rewriter.create<mlir::spirv::SLessThanOp>(
        loc, rewriter.getI1Type(), counter, adaptor.getUpperBound());
    Block *body = op.getBody();
    rewriter.inlineRegionBefore(op.getRegion(), continuing);
    body =
        rewriter.applySignatureConversion(body, arguments, getTypeConverter());
    rewriter.setInsertionPointToEnd(header);
    rewriter.create<mlir::spirv::BranchConditionalOp>(
        loc, more, body, ValueRange(), merge, ValueRange());

    rewriter.setInsertionPointAfter(loop);
    SmallVector<Value> results;
    for (Value variable : carried)
      results.push_back(rewriter.create<mlir::spirv::LoadOp>(loc, variable));
    rewriter.replaceOp(op, results);
    return success();
  }

private:
  LoopVariables &variables;
};

/// The end of a loop's body: stores what the next iteration gets.
struct YieldPattern : OpConversionPattern<scf::YieldOp> {
  YieldPattern(const TypeConverter &converter, MLIRContext *context,
               LoopVariables &variables)
      : OpConversionPattern(converter, context, /*benefit=*/2),
        variables(variables) {}

  LogicalResult
  matchAndRewrite(scf::YieldOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto loop = dyn_cast<mlir::spirv::LoopOp>(op->getParentOp());
    if (!loop)
      return failure();
    for (auto [variable, value] :
         llvm::zip_equal(variables.lookup(loop), adaptor.getOperands()))
      rewriter.create<mlir::spirv::StoreOp>(op.getLoc(), variable, value);
    rewriter.replaceOpWithNewOp<mlir::spirv::BranchOp>(op,
                                                       loop.getContinueBlock());
    return success();
  }

private:
  LoopVariables &variables;
};

} // namespace

/// What the modules may use: Vulkan 1.1, and of what is optional what a kernel
/// cannot do without, which is a matter of its types.
static mlir::spirv::TargetEnvAttr targetEnvironment(gpu::GPUFuncOp function) {
  using mlir::spirv::Capability;
  using mlir::spirv::Extension;
  MLIRContext *context = function.getContext();
  SmallVector<Capability> capabilities = {Capability::Shader};
  SmallVector<Extension> extensions = {
      Extension::SPV_KHR_storage_buffer_storage_class};
  auto allow = [&](Capability capability) {
    if (!llvm::is_contained(capabilities, capability))
      capabilities.push_back(capability);
  };
  auto allowType = [&](Type type) {
    Type element = getElementTypeOrSelf(getElementTypeOrSelf(type));
    if (element.isF64())
      allow(Capability::Float64);
    if (element.isInteger(64))
      allow(Capability::Int64);
    if (element.isInteger(16)) {
      // MLIR takes loads and stores for arithmetic; see withoutInt16.
      allow(Capability::Int16);
      allow(Capability::StorageBuffer16BitAccess);
    }
  };
  for (Type type : function.getArgumentTypes())
    allowType(type);
  int subgroupSize = 32;
  function.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      allowType(type);
    if (auto shuffle = dyn_cast<gpu::ShuffleOp>(op)) {
      allow(Capability::GroupNonUniformShuffle);
      APInt width;
      if (matchPattern(shuffle.getWidth(), m_ConstantInt(&width)))
        subgroupSize = width.getZExtValue();
    }
  });
  if (llvm::is_contained(capabilities, Capability::Int16))
    extensions.push_back(Extension::SPV_KHR_16bit_storage);
  auto triple = mlir::spirv::VerCapExtAttr::get(
      mlir::spirv::Version::V_1_3, capabilities, extensions, context);
  auto limits = mlir::spirv::getDefaultResourceLimits(context);
  auto withSize = mlir::spirv::ResourceLimitsAttr::get(
      context, limits.getMaxComputeSharedMemorySize(),
      limits.getMaxComputeWorkgroupInvocations(),
      limits.getMaxComputeWorkgroupSize(), subgroupSize,
      limits.getMinSubgroupSize(), limits.getMaxSubgroupSize(),
      limits.getCooperativeMatrixPropertiesKhr(),
      limits.getCooperativeMatrixPropertiesNv());
  return mlir::spirv::TargetEnvAttr::get(triple, withSize);
}

/// Takes Int16 back: integers of 16 bits are only loaded, stored, and converted
/// to and from 32 bits, for which StorageBuffer16BitAccess is enough.
static void withoutInt16(mlir::spirv::ModuleOp module) {
  mlir::spirv::VerCapExtAttr triple = *module.getVceTriple();
  auto capabilities = llvm::to_vector(triple.getCapabilities());
  llvm::erase(capabilities, mlir::spirv::Capability::Int16);
  auto extensions = llvm::to_vector(triple.getExtensions());
  module.setVceTripleAttr(mlir::spirv::VerCapExtAttr::get(
      triple.getVersion(), capabilities, extensions, module.getContext()));
}

/// Says where the function's arguments are bound, in the way the upstream
/// conversion wants to hear it.
static void attachInterface(codegen::EmittedKernel &kernel) {
  gpu::GPUFuncOp function = kernel.function;
  MLIRContext *context = function.getContext();
  auto storage = mlir::spirv::StorageClassAttr::get(
      context, mlir::spirv::StorageClass::StorageBuffer);
  for (auto [i, binding] : llvm::enumerate(kernel.argumentBindings)) {
    BlockArgument argument = function.getArgument(i);
    auto type = cast<MemRefType>(argument.getType());
    argument.setType(MemRefType::Builder(type).setMemorySpace(storage));
    function.setArgAttr(
        i, mlir::spirv::getInterfaceVarABIAttrName(),
        mlir::spirv::getInterfaceVarABIAttr(0, binding, std::nullopt, context));
  }
  function.setFunctionType(FunctionType::get(
      context, function.getBody().front().getArgumentTypes(), {}));
  SmallVector<int32_t> size(kernel.localSize.begin(), kernel.localSize.end());
  function->setAttr(mlir::spirv::getEntryPointABIAttrName(),
                    mlir::spirv::getEntryPointABIAttr(context, size));
}

/// Marks what a driver may rely on: buffers that are only read, and several
/// views of one that is written.
static void decorateBuffers(mlir::spirv::ModuleOp module,
                            ArrayRef<schedule::BindingAccess> accesses) {
  SmallVector<unsigned> views(accesses.size(), 0);
  auto buffers = llvm::make_filter_range(
      module.getOps<mlir::spirv::GlobalVariableOp>(),
      [](auto variable) { return variable.getBinding().has_value(); });
  for (auto buffer : buffers)
    ++views[*buffer.getBinding()];
  UnitAttr yes = UnitAttr::get(module.getContext());
  for (auto buffer : buffers) {
    unsigned binding = *buffer.getBinding();
    if (accesses[binding] == schedule::BindingAccess::read)
      buffer->setAttr("non_writable", yes);
    else if (views[binding] > 1)
      buffer->setAttr("aliased", yes);
  }
}

/// Arithmetic means what it says: no driver may contract or reassociate it.
/// Multiply-adds that code generation asks for are Fma.
static void forbidContraction(mlir::spirv::ModuleOp module) {
  UnitAttr yes = UnitAttr::get(module.getContext());
  module.walk([&](Operation *op) {
    if (isa<mlir::spirv::FAddOp, mlir::spirv::FSubOp, mlir::spirv::FMulOp>(op))
      op->setAttr("no_contraction", yes);
  });
}

FailureOr<mlir::spirv::ModuleOp>
convertToSPIRV(codegen::EmittedKernel &kernel,
               ArrayRef<schedule::BindingAccess> accesses) {
  MLIRContext *context = kernel.module->getContext();
  attachInterface(kernel);
  mlir::spirv::TargetEnvAttr environment = targetEnvironment(kernel.function);
  kernel.module.get()->setAttr(mlir::spirv::getTargetEnvAttrName(),
                               environment);

  auto target = SPIRVConversionTarget::get(environment);
  target->addLegalOp<ModuleOp>();
  SPIRVConversionOptions options;
  options.emulateLT32BitScalarTypes = false;
  SPIRVTypeConverter converter(environment, options);
  RewritePatternSet patterns(context);
  ScfToSPIRVContext scf;
  populateGPUToSPIRVPatterns(converter, patterns);
  arith::populateArithToSPIRVPatterns(converter, patterns);
  populateMathToSPIRVPatterns(converter, patterns);
  populateMemRefToSPIRVPatterns(converter, patterns);
  populateSCFToSPIRVPatterns(converter, scf, patterns);
  populateVectorToSPIRVPatterns(converter, patterns);
  patterns.add<FromElementsPattern>(converter, context);
  patterns.add<IterationPattern>(converter, context, /*benefit=*/2);
  LoopVariables loopVariables;
  patterns.add<ForPattern, YieldPattern>(converter, context, loopVariables);
  if (failed(applyFullConversion(kernel.function->getParentOp(), *target,
                                 std::move(patterns))))
    return failure();

  PassManager passes(context);
  passes.enableVerifier(false);
  OpPassManager &modulePasses = passes.nest<mlir::spirv::ModuleOp>();
  modulePasses.addPass(mlir::spirv::createSPIRVLowerABIAttributesPass());
  modulePasses.addPass(mlir::spirv::createSPIRVUpdateVCEPass());
  if (failed(passes.run(*kernel.module)))
    return failure();
  auto module = *kernel.module->getOps<mlir::spirv::ModuleOp>().begin();
  withoutInt16(module);
  decorateBuffers(module, accesses);
  forbidContraction(module);
  return module;
}

} // namespace descent
