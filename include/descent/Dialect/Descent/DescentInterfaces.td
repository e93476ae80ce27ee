// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an operation says about itself, so that passes name no operation: its VJP, its cost, its view, its loop nest, its parts, and itself on many slices at once.

#ifndef DESCENT_INTERFACES_TD
#define DESCENT_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Descent_DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::descent";
  let description = [{
    An operation that knows its vector-Jacobian product. An operation with floating-point results and without this interface is
    not differentiable, and the autodiff pass says so where a gradient has to go through it.
  }];
  let methods = [InterfaceMethod<
    [{Builds the cotangents of the operands from those of the results, before the builder's insertion point, out of `descent`
      operations only. `cotangents` has one value per result, null where the cotangent is zero (not all are null).
      `operandCotangents` arrives with one null value per operand; what is left null is zero. Only operands of floating element
      type are asked for; `wanted[i]` says whether operand i's cotangent is used at all, so that none is built in vain.}],
    "void", "buildVJP", (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$cotangents,
                             "::llvm::ArrayRef<bool>":$wanted,
                             "::llvm::MutableArrayRef<::mlir::Value>":$operandCotangents)>];
}

def Descent_CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::descent";
  let description = [{The arithmetic that an operation stands for.}];
  let methods = [InterfaceMethod<
    "Floating-point operations of one evaluation; a multiply-add counts two, a transcendental one, a view none.",
    "uint64_t", "getFlops", (ins)>];
}

def Descent_ViewOpInterface : OpInterface<"ViewOpInterface"> {
  let cppNamespace = "::descent";
  let description = [{An operation of one operand and one result whose every result element is an operand element or a constant.}];
  let methods = [InterfaceMethod<
    "Maps the indices of the result to those of the operand, with the guard and fill where some elements are constant.",
    "::descent::AccessAttr", "getAccess", (ins)>];
}

def Descent_LoopNestOpInterface : OpInterface<"LoopNestOpInterface"> {
  let cppNamespace = "::descent";
  let description = [{
    An operation that is one loop nest: for every point of the parallel dimensions, values are computed from elements of the operands
    and combined over the reduction dimensions. Results have the shape of the parallel dimensions. The kernel level is built from this.
  }];
  let methods = [
    InterfaceMethod<"Extents of the parallel dimensions, then those of the reduction dimensions.",
      "void", "getIterationDomain", (ins "::llvm::SmallVectorImpl<int64_t> &":$parallel, "::llvm::SmallVectorImpl<int64_t> &":$reduction)>,
    InterfaceMethod<"Access to one operand, over all dimensions.",
      "::descent::AccessAttr", "getOperandAccess", (ins "unsigned":$operand)>,
    InterfaceMethod<"How the reduction combines; empty where there is no reduction dimension.",
      "::llvm::SmallVector<::descent::Combiner>", "getCombiners", (ins), [{}], [{ return {}; }]>,
    InterfaceMethod<[{Builds the scalar computation. `operands` are scalars of the operands' element types. With reduction dimensions, returns the values to
      combine, one per combiner; else one scalar per result.}],
      "::llvm::SmallVector<::mlir::Value>", "buildScalarBody", (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands)>];
}

def Descent_DecomposableOpInterface : OpInterface<"DecomposableOpInterface"> {
  let cppNamespace = "::descent";
  let description = [{A composite operation: kept whole for its own derivative and for strategies that know it, taken apart before kernels are formed.}];
  let methods = [InterfaceMethod<"Builds the same results out of simpler operations.",
    "::llvm::SmallVector<::mlir::Value>", "decompose", (ins "::mlir::OpBuilder &":$builder)>];
}

def Descent_BatchableOpInterface : OpInterface<"BatchableOpInterface"> {
  let cppNamespace = "::descent";
  let description = [{
    An operation that can be done to all slices of a sequence at once: on operands with a new leading dimension, which all results have too.
    Loops over sequences leave what no iteration has to wait for to such operations (Batching.h).
  }];
  let methods = [
    InterfaceMethod<"Changes the attributes that number dimensions, or list something for each, as the new leading dimension of all operands and results wants it.",
      "void", "shiftDimensions", (ins), [{}], [{ return; }]>,
    InterfaceMethod<[{Builds the batched operation for `operands`, of which those that are not `batched` stand for all slices as they are. For operations that can do
      without copies of these; by default, and where it returns nothing, they are repeated and the dimensions shifted.}],
      "::llvm::SmallVector<::mlir::Value>", "buildBatched", (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands, "::llvm::ArrayRef<bool>":$batched,
                                                                 "int64_t":$count), [{}], [{ return {}; }]>];
}

#endif // DESCENT_INTERFACES_TD
