// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel level: one operation that is one loop nest on the device, and the scalar operations only its body uses.

#ifndef DESCENT_KERNEL_OPS_TD
#define DESCENT_KERNEL_OPS_TD

include "descent/Dialect/Descent/ProgramOps.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Descent_IntegerSetAttr : Attr<CPred<"::llvm::isa<::mlir::IntegerSetAttr>($_self)">, "integer set"> {
  let storageType = "::mlir::IntegerSetAttr";
  let returnType = "::mlir::IntegerSet";
  let convertFromStorage = "$_self.getValue()";
  let constBuilderCall = "::mlir::IntegerSetAttr::get($0)";
}

def Descent_KernelOp : Descent_Op<"kernel", [Pure, AttrSizedOperandSegments, IsolatedFromAbove, DeclareOpInterfaceMethods<Descent_CostOpInterface>]> {
  let summary = "a loop nest: reads through accesses, computes and combines over the reduction dimensions, finishes, writes";
  let description = [{
    The iteration space has the extents `parallel` (dimensions d0, d1, ...) followed by those of `reduction`.

    * `map` runs at every point of the iteration space. Its block arguments are the elements of `inputs` by `input_accesses` (over all
      dimensions); it yields one f32, f64, i32 or ui32 a combiner. Without reduction dimensions there is no combiner and `inputs` is empty, and the block yields nothing.
    * `finish` runs at every point of the parallel dimensions. Its block arguments are the combined values (`max_index` gives two: the value and an i32),
      then the elements of `finish_inputs` by `finish_accesses` (over the parallel dimensions only); it yields one scalar per result.
    * Every result is written in row-major order of the parallel dimensions; its type may have any shape of that many elements.

    The order of a reduction is fixed: row-major over the reduction dimensions, unless a strategy says otherwise.

    ```mlir
    // relu(x w^T + b) for x: 128 x 784, w: 10 x 784, b: 10
    %y = descent.kernel [128, 10] reduce [784] by [#descent.combiner<sum>]
        map(%x, %w : tensor<128x784xf32>, tensor<10x784xf32>)
            [#descent.access<(d0, d1, d2) -> (d0, d2)>, #descent.access<(d0, d1, d2) -> (d1, d2)>] {
          ^bb0(%a: f32, %c: f32):
            %m = descent.mul %a, %c : f32
            descent.yield %m : f32
        } finish(%b : tensor<10xf32>) [#descent.access<(d0, d1) -> (d1)>] {
          ^bb0(%sum: f32, %bias: f32):
            %z = descent.add %sum, %bias : f32
            %r = descent.leaky_relu %z, 0.0 : f32
            descent.yield %r : f32
        } : tensor<128x10xf32>
    ```
  }];
  let arguments = (ins
    Variadic<Descent_Tensor>:$inputs, Variadic<Descent_Tensor>:$finish_inputs,
    DenseI64ArrayAttr:$parallel, DenseI64ArrayAttr:$reduction,
    TypedArrayAttrBase<Descent_CombinerAttr, "combiners">:$combiners,
    TypedArrayAttrBase<Descent_AccessAttr, "accesses">:$input_accesses,
    TypedArrayAttrBase<Descent_AccessAttr, "accesses">:$finish_accesses);
  let results = (outs Variadic<Descent_Tensor>:$results);
  let regions = (region SizedRegion<1>:$map, SizedRegion<1>:$finish);
  let assemblyFormat = [{
    $parallel `reduce` $reduction `by` $combiners
    `map` `(` ($inputs^ `:` type($inputs))? `)` $input_accesses $map
    `finish` `(` ($finish_inputs^ `:` type($finish_inputs))? `)` $finish_accesses $finish
    attr-dict `:` type($results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getMapBlock() { return getMap().front(); }
    ::mlir::Block &getFinishBlock() { return getFinish().front(); }
    /// Extents of all dimensions, parallel ones first.
    ::llvm::SmallVector<int64_t> getDomain();
    ::descent::AccessAttr getInputAccess(unsigned i) { return ::llvm::cast<::descent::AccessAttr>(getInputAccesses()[i]); }
    ::descent::AccessAttr getFinishAccess(unsigned i) { return ::llvm::cast<::descent::AccessAttr>(getFinishAccesses()[i]); }
    ::descent::Combiner getCombiner(unsigned i) { return ::llvm::cast<::descent::CombinerAttr>(getCombiners()[i]).getValue(); }
    /// True without reduction dimensions: an elementwise loop nest.
    bool isElementwise() { return getReduction().empty(); }
    /// How many leading block arguments of `finish` are combined values.
    unsigned getNumCombined();
  }];
}

def Descent_RowGroupOp : Descent_Op<"row_group", [Pure, IsolatedFromAbove, SingleBlock, DeclareOpInterfaceMethods<Descent_CostOpInterface>]> {
  let summary = "several loop nests over one space of rows that run as one kernel: a row is computed from beginning to end by one lane";
  let description = [{
    `rows` are the extents of the dimensions that all parts share. The body is a list of parts, which are `descent.kernel`s, in the order in which
    a row goes through them; reshapes between them are aliases. The leading parallel dimensions of a part are the rows. It is one of two kinds:

    * a part that **reduces** over dimensions of its own gives one element a row, or, if it has other parallel dimensions, its columns, several that a lane computes side by side;
    * a part that **writes** is elementwise; its other parallel dimensions are a loop inside the row.

    What a part gives has a place in memory only if the body returns it. A part may read a result of an earlier one if that has one element a row, and
    only the element of its own row: it stays in a register. What has more elements a row is never read back; a part that needs such a value computes it.

    A part that is a sum, has more than one element a row and is not returned is **computed in place**: not by a loop nest, but wherever the map of another part reads it. Then it may have any dimensions and
    reads only operands of the group.
    So rows know nothing of each other, and there is nothing to wait for between the parts.

    ```mlir
    // softmax of the rows of x: 128 x 10
    %y = descent.row_group [128](%x) : (tensor<128x10xf32>) -> tensor<128x10xf32> {
    ^bb0(%a: tensor<128x10xf32>):
      %max = descent.kernel [128] reduce [10] by [#descent.combiner<max>] map(%a : tensor<128x10xf32>) [#descent.access<(d0, d1) -> (d0, d1)>] {
        ...
      } : tensor<128xf32>
      %sum = descent.kernel [128] reduce [10] by [#descent.combiner<sum>] map(%a, %max : tensor<128x10xf32>, tensor<128xf32>)
          [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0)>] {
        ...
      } : tensor<128xf32>
      %p = descent.kernel [128, 10] reduce [] by [] map() [] { descent.yield }
          finish(%a, %max, %sum : tensor<128x10xf32>, tensor<128xf32>, tensor<128xf32>)
          [#descent.access<(d0, d1) -> (d0, d1)>, #descent.access<(d0, d1) -> (d0)>, #descent.access<(d0, d1) -> (d0)>] {
        ...
      } : tensor<128x10xf32>
      descent.return %p : tensor<128x10xf32>
    }
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$rows, Variadic<Descent_Tensor>:$inputs);
  let results = (outs Variadic<Descent_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$rows `(` $inputs `)` `:` functional-type($inputs, $results) attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    int64_t countRows();
    /// The parts in order.
    auto getParts() { return getBlock().getOps<::descent::KernelOp>(); }
    /// What the body returns: results of parts, one a result of the group.
    ::mlir::OperandRange getReturned() { return getBlock().back().getOperands(); }
  }];
}

def Descent_YieldOp : Descent_Op<"yield", [Pure, Terminator, ReturnLike, ParentOneOf<["KernelOp"]>]> {
  let summary = "ends a kernel's block with its values";
  let arguments = (ins Variadic<Descent_AnyScalar>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

def Descent_LoadOp : Descent_Op<"load", [Pure, ParentOneOf<["KernelOp"]>]> {
  let summary = "one element of a tensor that the kernel is given whole, at indices computed by the body; each is clamped to its dimension";
  let description = [{
    The block argument of an input whose access is `#descent.access<whole>` is the tensor itself, and only `descent.load` may use it. Such an
    input is not computed in the kernel that reads it: it lies in memory first.
  }];
  let arguments = (ins Descent_Tensor:$tensor, Variadic<I32>:$indices);
  let results = (outs Descent_AnyScalar:$result);
  let assemblyFormat = "$tensor `[` $indices `]` attr-dict `:` type($tensor) `->` type($result)";
  let hasVerifier = 1;
}

def Descent_IndexOp : Descent_Op<"index", [Pure, ParentOneOf<["KernelOp"]>]> {
  let summary = "an affine function of the iteration's dimensions, as i32";
  let arguments = (ins AffineMapAttr:$map);
  let results = (outs I32:$result);
  let assemblyFormat = "$map attr-dict";
}

def Descent_InBoundsOp : Descent_Op<"in_bounds", [Pure, ParentOneOf<["KernelOp"]>]> {
  let summary = "whether the iteration's dimensions satisfy affine constraints";
  let arguments = (ins Descent_IntegerSetAttr:$set);
  let results = (outs I1:$result);
  let assemblyFormat = "$set attr-dict";
}

#endif // DESCENT_KERNEL_OPS_TD
