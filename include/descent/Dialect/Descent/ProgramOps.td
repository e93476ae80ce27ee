// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program around the tensors: inputs, state, entries, what to differentiate and what to optimize.

#ifndef DESCENT_PROGRAM_OPS_TD
#define DESCENT_PROGRAM_OPS_TD

include "descent/Dialect/Descent/ReductionOps.td"
include "mlir/IR/SymbolInterfaces.td"

def Descent_InputOp : Descent_Op<"input", [Symbol]> {
  let summary = "a tensor that the runtime is given for every run; shared by the entries that read it";
  let description = [{`batch_axis` marks the axis of samples; `range` is the half-open range of an integer input.}];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Descent_Tensor>:$type, OptionalAttr<I64Attr>:$batch_axis, OptionalAttr<DenseI64ArrayAttr>:$range);
  let assemblyFormat = "$sym_name `:` $type (`batch_axis` $batch_axis^)? (`range` $range^)? attr-dict";
  let hasVerifier = 1;
}

def Descent_StateOp : Descent_Op<"state", [Symbol]> {
  let summary = "a tensor that outlives a run";
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Descent_Tensor>:$type, Descent_RoleAttr:$role, Descent_InitAttr:$init);
  let assemblyFormat = "$sym_name `:` $type $role $init attr-dict";
  let hasVerifier = 1;
}

def Descent_EntryOp : Descent_Op<"entry", [Symbol, NoTerminator, SingleBlock, NoRegionArguments, IsolatedFromAbove]> {
  let summary = "a function from inputs and the old state to outputs and the new state";
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Descent_ReadOp : Descent_Op<"read", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of an input, or of a state as it was when the entry began";
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$symbol attr-dict `:` type($result)";
}

def Descent_WriteOp : Descent_Op<"write", [MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "sets a state for the runs to come; takes effect when the entry ends, so no read sees it; at most one an entry and state";
  let arguments = (ins FlatSymbolRefAttr:$symbol, Descent_Tensor:$value);
  let assemblyFormat = "$symbol `,` $value attr-dict `:` type($value)";
}

def Descent_OutputOp : Descent_Op<"output", [MemoryEffects<[MemWrite]>]> {
  let summary = "gives a value to the runtime under a name; `batch_axis` marks the axis of samples";
  let arguments = (ins StrAttr:$name, Descent_Tensor:$value, OptionalAttr<I64Attr>:$batch_axis);
  let assemblyFormat = "$name `,` $value (`batch_axis` $batch_axis^)? attr-dict `:` type($value)";
}

def Descent_GradientOp : Descent_Op<"gradient", [Pure]> {
  let summary = "the gradients of a scalar with respect to values; expanded by descent-autodiff";
  let arguments = (ins Descent_FloatTensor:$loss, Variadic<Descent_FloatTensor>:$wrt);
  let results = (outs Variadic<Descent_FloatTensor>:$gradients);
  let assemblyFormat = "$loss `wrt` $wrt attr-dict `:` type($loss) `wrt` type($wrt) `to` type($gradients)";
  let hasVerifier = 1;
}

def Descent_OptimizeOp : Descent_Op<"optimize", [MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "updates parameters by their gradients; expanded by descent-expand-optimizers into states and ordinary operations";
  let description = [{`group` numbers the optimizer within the model, for the names of its states: `optim.<group>.<slot>.<parameter>`.
    `loss` is watched: when it or a gradient is not finite, of this or of another optimizer in the entry, all of their updates keep every state, and
    the step's number is latched in `status.diverged`.}];
  let arguments = (ins I64Attr:$group, AnyAttrOf<[Descent_SgdAttr, Descent_AdamAttr]>:$rule, FlatSymbolRefArrayAttr:$parameters,
                       Descent_FloatTensor:$loss, Variadic<Descent_FloatTensor>:$gradients);
  let assemblyFormat = "$group $rule $parameters `watch` $loss `by` $gradients attr-dict `:` type($loss) `by` type($gradients)";
}

def Descent_PackOp : Descent_Op<"pack", [Pure]> {
  let summary = "one-dimensional arena of tensors: each flattened, starting at a multiple of 64 elements, zero between them";
  let description = [{
    A promise about places, never a copy: the memory planner puts the operands where the arena needs them. So one elementwise kernel over a few arenas updates every
    parameter of a model. `descent.unpack` gives the pieces back.
  }];
  let arguments = (ins Variadic<Descent_Tensor>:$operands);
  let results = (outs Descent_Tensor:$result);
  let assemblyFormat = "$operands attr-dict `:` functional-type($operands, $result)";
  let builders = [OpBuilder<(ins "::mlir::ValueRange":$operands)>];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Offsets of the pieces in elements, and after them the length of the arena.
    static ::llvm::SmallVector<int64_t> getOffsets(::mlir::TypeRange pieces);
  }];
}

def Descent_UnpackOp : Descent_Op<"unpack", [Pure]> {
  let summary = "the tensors of an arena; the inverse of pack";
  let arguments = (ins Descent_Tensor:$operand);
  let results = (outs Variadic<Descent_Tensor>:$results);
  let assemblyFormat = "$operand attr-dict `:` functional-type($operand, $results)";
  let hasVerifier = 1;
}

#endif // DESCENT_PROGRAM_OPS_TD
