// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// View operations: rearrangements that no kernel should run for; the fold-views pass turns them into accesses of their readers.

#ifndef DESCENT_VIEW_OPS_TD
#define DESCENT_VIEW_OPS_TD

include "descent/Dialect/Descent/ElementwiseOps.td"

class Descent_ViewOp<string mnemonic, list<Trait> traits = []>
    : Descent_Op<mnemonic, !listconcat(traits, [Pure, DeclareOpInterfaceMethods<Descent_ViewOpInterface>,
        DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>, DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>])> {
  let hasVerifier = 1;
}

def Descent_ReshapeOp : Descent_ViewOp<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let arguments = (ins Descent_Tensor:$operand);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `to` type($result)";
  let hasFolder = 1;
}

def Descent_TransposeOp : Descent_ViewOp<"transpose"> {
  let summary = "permutes dimensions: result dimension i is operand dimension permutation[i]";
  let arguments = (ins Descent_Tensor:$operand, DenseI64ArrayAttr:$permutation);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand $permutation attr-dict `:` type($operand) `to` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$permutation)>];
  let hasFolder = 1;
}

def Descent_BroadcastOp : Descent_ViewOp<"broadcast"> {
  let summary = "repeats along new dimensions: operand dimension i is result dimension dims[i] (strictly increasing, of the same extent)";
  let arguments = (ins Descent_Tensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($operand) `to` type($result)";
  let hasFolder = 1;
}

def Descent_SliceOp : Descent_ViewOp<"slice"> {
  let summary = "result[i] = operand[offsets + i * strides]; strides are positive";
  let arguments = (ins Descent_Tensor:$operand, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$strides);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand `offsets` $offsets `strides` $strides attr-dict `:` type($operand) `to` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Descent_ReverseOp : Descent_ViewOp<"reverse", [SameOperandsAndResultType]> {
  let summary = "the elements in the opposite order along each of `dims` (increasing)";
  let arguments = (ins Descent_Tensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand $dims attr-dict `:` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$dims), [{ build($_builder, $_state, operand.getType(), operand, dims); }]>];
  let hasFolder = 1;
}

def Descent_PadOp : Descent_ViewOp<"pad"> {
  let summary = "low and high constant elements before and after each dimension: zero, or the lowest value (-inf; for maxima)";
  let description = [{Padding with the nearest edge element is a concatenation of broadcast slices: `padWithEdges` in Math.h.}];
  let arguments = (ins Descent_Tensor:$operand, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, Descent_PadModeAttr:$mode);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand `low` $low `high` $high $mode attr-dict `:` type($operand) `to` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$low, "::llvm::ArrayRef<int64_t>":$high, "::descent::PadMode":$mode)>];
  let hasFolder = 1;
}

def Descent_WindowOp : Descent_ViewOp<"window"> {
  let summary = "pairs window positions with window elements: result[.., o, .., k] = operand[.., o * stride + k * dilation, .., k]";
  let description = [{
    For each d in `dims` (increasing) the operand has a spatial dimension dims[d] of extent I and a window dimension of extent K, the
    window dimensions being the last ones in the order of `dims`; in the result the spatial extent is
    O = (I - dilation (K - 1) - 1) / stride + 1. The sliding windows of a tensor are `window(broadcast(x))`, so its adjoint is
    `reduce_sum(unwindow(ct))`: a sum over the window elements that hit a position, without a scatter.
  }];
  let arguments = (ins Descent_Tensor:$operand, DenseI64ArrayAttr:$dims, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand $dims `strides` $strides `dilations` $dilations attr-dict `:` type($operand) `to` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "::llvm::ArrayRef<int64_t>":$dims, "::llvm::ArrayRef<int64_t>":$strides, "::llvm::ArrayRef<int64_t>":$dilations)>];
}

def Descent_UnwindowOp : Descent_ViewOp<"unwindow"> {
  let summary = "the adjoint of window: result[.., i, .., k] = operand[.., (i - k * dilation) / stride, .., k] where that is an integer within bounds, 0 elsewhere";
  let arguments = (ins Descent_Tensor:$operand, DenseI64ArrayAttr:$dims, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operand $dims `strides` $strides `dilations` $dilations attr-dict `:` type($operand) `to` type($result)";
}

def Descent_ConcatOp : Descent_Op<"concat", [Pure, DeclareOpInterfaceMethods<Descent_LoopNestOpInterface>,
    DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>, DeclareOpInterfaceMethods<Descent_BatchableOpInterface, ["shiftDimensions"]>]> {
  let summary = "joins tensors along one dimension";
  let arguments = (ins Variadic<Descent_Tensor>:$operands, I64Attr:$axis);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operands `axis` $axis attr-dict `:` functional-type($operands, $result)";
  let builders = [OpBuilder<(ins "::mlir::ValueRange":$operands, "int64_t":$axis)>];
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // DESCENT_VIEW_OPS_TD
