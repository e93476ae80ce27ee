// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations with bodies at the tensor level: functions with a derivative of their own, and loops over a sequence.

#ifndef DESCENT_CONTROL_FLOW_OPS_TD
#define DESCENT_CONTROL_FLOW_OPS_TD

include "descent/Dialect/Descent/ProgramOps.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Descent_ReturnOp : Descent_Op<"return", [Pure, Terminator, ReturnLike, ParentOneOf<["CustomOp", "ScanOp", "RowGroupOp"]>]> {
  let summary = "ends the body of a custom function, of a scan or of a row group with its values";
  let arguments = (ins Variadic<Descent_Tensor>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

def Descent_CustomOp : Descent_Op<"custom", [Pure, IsolatedFromAbove, DeclareOpInterfaceMethods<Descent_DecomposableOpInterface>,
    DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>]> {
  let summary = "a function whose derivative is given, not derived";
  let description = [{
    `forward` takes the operands and returns the results. `vjp` takes the operands, the results and a cotangent of each result, and returns a cotangent of each operand.
    Every cotangent has its value's type; those of results that are not floating arrive as zeros, those of operands that are not floating are ignored.
    Both are ordinary operations, so the derivative can be differentiated again. Autodiff inlines `vjp`; `descent-decompose` inlines `forward`.

    ```mlir
    %y = descent.custom "cube"(%x) : (tensor<4xf32>) -> tensor<4xf32> forward {
    ^bb0(%a: tensor<4xf32>):
      ...
      descent.return %r : tensor<4xf32>
    } vjp {
    ^bb0(%a: tensor<4xf32>, %r: tensor<4xf32>, %ct: tensor<4xf32>):
      ...
      descent.return %g : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, Variadic<Descent_Tensor>:$operands);
  let results = (outs Variadic<Descent_Tensor>:$results);
  let regions = (region SizedRegion<1>:$forward, SizedRegion<1>:$vjp);
  let assemblyFormat = "$name `(` $operands `)` `:` functional-type($operands, $results) `forward` $forward `vjp` $vjp attr-dict";
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getForwardBlock() { return getForward().front(); }
    ::mlir::Block &getVjpBlock() { return getVjp().front(); }
  }];
}

def Descent_ScanOp : Descent_Op<"scan", [Pure, IsolatedFromAbove, AttrSizedOperandSegments, AttrSizedResultSegments,
    DeclareOpInterfaceMethods<Descent_DifferentiableOpInterface>]> {
  let summary = "a loop over the leading dimension: a cell's state goes from step to step, and its outputs are stacked";
  let description = [{
    `count` iterations, from the last to the first if `reversed`. The body takes the carried values (one per `inits`, of its type), then the current slices of `sequences`
    (without their leading dimension, which is `count`), then `captures` as they are. It returns the next carried values, then the values to stack. The results are the carried
    values after the last iteration, then the stacked values, whose leading dimension is `count` (a value of iteration t lies at t, reversed or not).
    The body is pure and reads no input or state itself: what it needs is captured.

    The derivative is a scan in the other direction over residuals that the forward scan stacks. Cotangents of captures are sums over the iterations; where the body only multiplies by a
    capture, the product is taken once after the loop, over the stacked factors.

    ```mlir
    %h, %hs = descent.scan count 5 carry(%h0 : tensor<2x3xf32>) over(%xs : tensor<5x2x3xf32>) with(%w : tensor<3x3xf32>) {
    ^bb0(%h_t: tensor<2x3xf32>, %x_t: tensor<2x3xf32>, %u: tensor<3x3xf32>):
      ...
      descent.return %next, %next : tensor<2x3xf32>, tensor<2x3xf32>
    } : tensor<2x3xf32> stack tensor<5x2x3xf32>
    ```
  }];
  let arguments = (ins I64Attr:$count, UnitAttr:$reversed, Variadic<Descent_Tensor>:$inits, Variadic<Descent_Tensor>:$sequences, Variadic<Descent_Tensor>:$captures);
  let results = (outs Variadic<Descent_Tensor>:$finals, Variadic<Descent_Tensor>:$stacked);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `count` $count (`reversed` $reversed^)? `carry` `(` ($inits^ `:` type($inits))? `)` `over` `(` ($sequences^ `:` type($sequences))? `)`
    `with` `(` ($captures^ `:` type($captures))? `)` $body attr-dict (`:` type($finals)^)? (`stack` type($stacked)^)?
  }];
  let builders = [OpBuilder<(ins "int64_t":$count, "bool":$reversed, "::mlir::ValueRange":$inits, "::mlir::ValueRange":$sequences,
                                 "::mlir::ValueRange":$captures, "::mlir::Block *":$body)>]; // takes the body, which ends with its descent.return
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBodyBlock() { return getBody().front(); }
    ::descent::ReturnOp getReturn() { return ::llvm::cast<::descent::ReturnOp>(getBodyBlock().back()); }
    /// The body's arguments by what they stand for.
    ::llvm::MutableArrayRef<::mlir::BlockArgument> getCarriedArguments() { return getBodyBlock().getArguments().take_front(getInits().size()); }
    ::llvm::MutableArrayRef<::mlir::BlockArgument> getSliceArguments() { return getBodyBlock().getArguments().slice(getInits().size(), getSequences().size()); }
    ::llvm::MutableArrayRef<::mlir::BlockArgument> getCaptureArguments() { return getBodyBlock().getArguments().take_back(getCaptures().size()); }
    /// What the body returns: the carried values of the next iteration, and what is stacked.
    ::mlir::OperandRange getNextValues() { return getReturn().getOperands().take_front(getInits().size()); }
    ::mlir::OperandRange getStackedValues() { return getReturn().getOperands().drop_front(getInits().size()); }
  }];
}

#endif // DESCENT_CONTROL_FLOW_OPS_TD
