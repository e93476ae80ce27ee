// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions, contractions, composites, and operations without operands.

#ifndef DESCENT_REDUCTION_OPS_TD
#define DESCENT_REDUCTION_OPS_TD

include "descent/Dialect/Descent/ViewOps.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

class Descent_LoopNestOp<string mnemonic, list<Trait> traits = []>
    : Descent_Op<mnemonic, !listconcat(traits, [Pure, DeclareOpInterfaceMethods<Descent_CostOpInterface>])>;

class Descent_ReduceOp<string mnemonic, list<Trait> traits = []>
    : Descent_LoopNestOp<mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<Descent_LoopNestOpInterface, ["getCombiners"]>,
        DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>])> {
  let hasVerifier = 1;
}

def Descent_ReduceSumOp : Descent_ReduceOp<"reduce_sum", [DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>]> {
  let summary = "sum over `dims` (increasing), which the result lacks";
  let arguments = (ins Descent_NumberTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs Descent_NumberTensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand) `to` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$dims)>];
}

def Descent_ReduceMaxOp : Descent_ReduceOp<"reduce_max", [DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>]> {
  let summary = "maximum over `dims`, as torch.amax: ties share the cotangent equally; NaN propagates";
  let arguments = (ins Descent_NumberTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs Descent_NumberTensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand) `to` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$dims)>];
}

def Descent_ReduceProdOp : Descent_ReduceOp<"reduce_prod", [DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>]> {
  let summary = "product over `dims`; the derivative is right with zeros among the factors";
  let arguments = (ins Descent_NumberTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs Descent_NumberTensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand) `to` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$dims)>];
}

def Descent_MaxWithIndexOp : Descent_ReduceOp<"max_with_index", [DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>]> {
  let summary = "maximum over `dims` and the row-major index of its first occurrence within them, as torch.max and max_pool2d; NaN counts as the largest";
  let arguments = (ins Descent_NumberTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs Descent_NumberTensor:$values, Descent_IndexTensor:$indices);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand) `to` type($values)`,` type($indices)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$dims)>];
}

def Descent_ContractOp : Descent_ReduceOp<"contract", [DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["buildBatched"]>]> {
  let summary = "generalized matrix product: the sum of lhs * rhs over all labels that the result lacks";
  let description = [{
    Einstein summation with integer labels: dimension i of lhs carries label lhs_labels[i], and so on. Labels are distinct within one tensor, and every
    label stands in at least two of the three tensors; so the cotangent of an operand is again a contraction.

    ```mlir
    // A matrix product [m,k] x [n,k] -> [m,n]: labels m = 0, n = 1, k = 2.
    %c = descent.contract %a [0, 2], %b [1, 2] to [0, 1] : (tensor<8x3xf32>, tensor<5x3xf32>) -> tensor<8x5xf32>
    ```
  }];
  let arguments = (ins Descent_FloatTensor:$lhs, Descent_FloatTensor:$rhs, DenseI64ArrayAttr:$lhs_labels, DenseI64ArrayAttr:$rhs_labels, DenseI64ArrayAttr:$result_labels);
  let results = (outs Descent_FloatTensor:$result);
  let assemblyFormat = "$lhs $lhs_labels `,` $rhs $rhs_labels `to` $result_labels attr-dict `:` functional-type(operands, $result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$lhs, "::llvm::ArrayRef<int64_t>":$lhsLabels, "::mlir::Value":$rhs, "::llvm::ArrayRef<int64_t>":$rhsLabels, "::llvm::ArrayRef<int64_t>":$resultLabels)>];
}

//===----------------------------------------------------------------------===//
// Indexing
//===----------------------------------------------------------------------===//

def Descent_GatherOp : Descent_LoopNestOp<"gather", [DeclareOpInterfaceMethods<Descent_LoopNestOpInterface>,
    DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>, DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions", "buildBatched"]>]> {
  let summary = "reads along `axis` where the indices say: result[.., i, ..] = operand[.., indices[.., i, ..], ..]";
  let description = [{
    As torch.gather: `indices` has the operand's shape but for the extent along `axis`, and the result has the shape of `indices`. A lookup of rows
    (embedding, index_select) broadcasts the row numbers, which as a view costs nothing. Indices outside of the axis are clamped to it; data that comes from outside is
    checked by the runtime (`range` of `descent.input`).
  }];
  let arguments = (ins Descent_Tensor:$operand, Descent_IndexTensor:$indices, I64Attr:$axis);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand `at` $indices `axis` $axis attr-dict `:` functional-type(operands, $result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::mlir::Value":$indices, "int64_t":$axis)>];
  let hasVerifier = 1;
}

def Descent_ScatterAddOp : Descent_LoopNestOp<"scatter_add", [DeclareOpInterfaceMethods<Descent_LoopNestOpInterface, ["getCombiners"]>,
    DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>, DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>]> {
  let summary = "the adjoint of gather: result[.., j, ..] is the sum of updates[.., i, ..] over all i with indices[.., i, ..] = j, in one fixed order";
  let description = [{
    `updates` and `indices` have one shape; the result has it too but for `extent` along `axis`. Indices outside of the axis add nowhere. Every
    result element looks at all indices of its line, so the work is the product of both extents, unless code generation has a lane keep the sums of a line in memory, or
    `descent-sort-scatters` sorts the updates. There are no atomics, and the sum has one order: that of i, of partitions, or of a tree over the updates sorted by index, stably.
  }];
  let arguments = (ins Descent_NumberTensor:$updates, Descent_IndexTensor:$indices, I64Attr:$axis, I64Attr:$extent);
  let results = (outs Descent_NumberTensor:$result);
  let assemblyFormat = "$updates `at` $indices `axis` $axis `extent` $extent attr-dict `:` functional-type(operands, $result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$updates, "::mlir::Value":$indices, "int64_t":$axis, "int64_t":$extent)>];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

class Descent_CompositeOp<string mnemonic, list<Trait> traits = []>
    : Descent_LoopNestOp<mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<Descent_DecomposableOpInterface>, DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>])> {
  let hasVerifier = 1;
}

def Descent_SoftmaxOp : Descent_CompositeOp<"softmax", [SameOperandsAndResultType, DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>]> {
  let summary = "e^(x - max) / sum e^(x - max) along `axis`";
  let arguments = (ins Descent_FloatTensor:$operand, I64Attr:$axis);
  let results = (outs Descent_FloatTensor:$result);
  let assemblyFormat = "$operand `axis` $axis attr-dict `:` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "int64_t":$axis), [{ build($_builder, $_state, operand.getType(), operand, axis); }]>];
}

def Descent_SoftmaxCrossEntropyOp : Descent_CompositeOp<"softmax_cross_entropy", [Descent_BatchableOpInterface]> {
  let summary = "per sample: log sum e^z - z[label], for logits [..., C] and labels [...], which must lie in [0, C) (the runtime refuses others)";
  let arguments = (ins Descent_FloatTensor:$logits, Descent_IntTensor:$labels);
  let results = (outs Descent_FloatTensor:$result);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` functional-type(operands, $result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$logits, "::mlir::Value":$labels)>];
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

def Descent_ConstantOp : Descent_Op<"constant", [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a literal scalar or tensor";
  let arguments = (ins TypedAttrInterface:$value);
  let results = (outs Descent_Any:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Descent_IotaOp : Descent_Op<"iota", [Pure, DeclareOpInterfaceMethods<Descent_LoopNestOpInterface>]> {
  let summary = "result[i] = the index along `dim`, i32; without `dim` the row-major index of the element";
  let arguments = (ins OptionalAttr<I64Attr>:$dim);
  let results = (outs Descent_IntTensor:$result);
  let assemblyFormat = "(`dim` $dim^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Descent_ControlOp : Descent_Op<"control", [Pure]> {
  let summary = "a word that the runtime sets before every run: i32, or f32 for lr_scale";
  let arguments = (ins Descent_ControlWordAttr:$word);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$word attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // DESCENT_REDUCTION_OPS_TD
