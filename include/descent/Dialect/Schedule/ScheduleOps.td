// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `schedule` dialect.

#ifndef DESCENT_SCHEDULE_OPS_TD
#define DESCENT_SCHEDULE_OPS_TD

include "descent/Dialect/Schedule/ScheduleDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Schedule_SlabOp : Schedule_Op<"slab", [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one allocation of device memory; no two states placed in it share a byte";
  let arguments = (ins SymbolNameAttr:$sym_name, Schedule_SlabKindAttr:$kind, ConfinedAttr<I64Attr, [IntPositive]>:$size);
  let assemblyFormat = "$sym_name `kind` `(` custom<SlabKind>($kind) `)` `size` `(` $size `)` attr-dict";
  let hasVerifier = 1;
}

def Schedule_PlaceOp : Schedule_Op<"place", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "where a `descent.input` or `descent.state` lies";
  let description = [{A state lies in a state slab, an input in a transient one. The place has the size of the tensor, rounded up to words of four bytes, and starts at a multiple of 256.}];
  let arguments = (ins FlatSymbolRefAttr:$symbol, Schedule_PlaceAttr:$place);
  let assemblyFormat = "$symbol `at` $place attr-dict";
}

def Schedule_ControlOp : Schedule_Op<"control", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "where the runtime writes its control words before every run; 256 bytes of a transient slab; see docs/bundle.md";
  let arguments = (ins Schedule_PlaceAttr:$place);
  let assemblyFormat = "`at` $place attr-dict";
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

def Schedule_OperandsAttr : TypedArrayAttrBase<Schedule_OperandAttr, "operands">;

def Schedule_KernelOp : Schedule_Op<"kernel", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "one or several of `descent.kernel` and `descent.row_group` side by side, with where their tensors lie in their bindings";
  let description = [{
    The body is one `descent.kernel` or `descent.row_group`, or several, the parts, and a `schedule.return` of all their results in order. Block argument i is a tensor
    read at `reads[i]`; returned value i is written at `writes[i]`; both lie there contiguously in row-major order. Two tensors of a part may lie at one
    place, the read one then is overwritten: that is legal where every iteration reads exactly the element that it writes, and in a group where no kernel reads the
    tensor behind the one that writes it, and those before read only the row that they are in.

    Parts run at the same time: each takes workgroups of its own, the first part the first ones. None reads what another computes, in the body or through memory.

    A binding is an array of four-byte words. It ends with the last tensor in it. Tensors of different element types may share a binding.

    `strategy` says how the kernel is mapped to workgroups, as an array with one for each part if there are several; code generation reads nothing else.

    A kernel with `iterations` runs in a loop of so many, and some of its operands have a stride: it is told the number of the iteration.

    ```mlir
    schedule.kernel @double bindings [readwrite] reads [#schedule.operand<0, 0>] writes [#schedule.operand<0, 0>] {
    ^bb0(%x: tensor<8xf32>):
      %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
        finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
        ^bb0(%a: f32):
          %b = descent.add %a, %a : f32
          descent.yield %b : f32
        } : tensor<8xf32>
      schedule.return %r : tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypedArrayAttrBase<Schedule_BindingAccessAttr, "binding accesses">:$bindings,
                       Schedule_OperandsAttr:$reads, Schedule_OperandsAttr:$writes, OptionalAttr<AnyAttr>:$strategy,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$iterations);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{$sym_name `bindings` custom<BindingAccesses>($bindings) `reads` $reads `writes` $writes
                         (`iterations` $iterations^)? (`strategy` $strategy^)? attr-dict-with-keyword $body}];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    ::descent::schedule::BindingAccess getBindingAccess(unsigned i) {
      return ::llvm::cast<::descent::schedule::BindingAccessAttr>(getBindings()[i]).getValue();
    }
    ::descent::schedule::OperandAttr getRead(unsigned i) { return ::llvm::cast<::descent::schedule::OperandAttr>(getReads()[i]); }
    ::descent::schedule::OperandAttr getWrite(unsigned i) { return ::llvm::cast<::descent::schedule::OperandAttr>(getWrites()[i]); }
    /// The kernels and row groups that run side by side, at least one.
    ::llvm::SmallVector<::mlir::Operation *, 1> getParts();
    /// The number among all results, and so in `writes`, of a part's first.
    unsigned getFirstResult(unsigned part);
    /// The strategy of a part; null before one is chosen.
    ::mlir::Attribute getPartStrategy(unsigned part);
    void setPartStrategies(::llvm::ArrayRef<::mlir::Attribute> strategies);
    /// The iterations of the loop that the kernel runs in; 1 if it is told of none.
    int64_t countIterations() { return getIterations().value_or(1); }
    /// The iterations in which an operand lies farthest to the left and to the right.
    ::llvm::SmallVector<int64_t, 2> getExtremes(::descent::schedule::OperandAttr operand);
    /// The size of every binding in words of four bytes: up to the end of the last tensor in it, in any iteration.
    ::llvm::SmallVector<int64_t> getBindingLengths();
  }];
}

def Schedule_ReturnOp : Schedule_Op<"return", [Pure, Terminator, ReturnLike, HasParent<"KernelOp">]> {
  let summary = "ends a kernel's body with the tensors it writes";
  let arguments = (ins Variadic<AnyRankedTensor>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

def Schedule_EntryOp : Schedule_Op<"entry", [Symbol, NoTerminator, SingleBlock, NoRegionArguments, IsolatedFromAbove,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the launches and barriers of one entry, in order, and where its outputs then lie; `inputs` are those it reads";
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefArrayAttr:$inputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `inputs` $inputs attr-dict-with-keyword $body";
}

def Schedule_LoopOp : Schedule_Op<"loop", [HasParent<"EntryOp">, NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "runs its launches and barriers `count` times; iterations are numbered from 0, or from `count` - 1 down to 0 if `reversed`";
  let description = [{
    Launches of neighbouring iterations may overlap like those of one, where no barrier stands between them.

    ```mlir
    schedule.loop count 1000 {
      schedule.launch @k3 [#schedule.place<@slab.work, 4096, 65536>, #schedule.place<@slab.work, 69632, 512>] label "rnn"
      schedule.barrier
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$count, UnitAttr:$reversed);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`count` $count (`reversed` $reversed^)? attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The number of the iteration that runs as the `step`th.
    int64_t getIteration(int64_t step) { return getReversed() ? int64_t(getCount()) - 1 - step : step; }
  }];
}

def Schedule_LaunchOp : Schedule_Op<"launch", [ParentOneOf<["EntryOp", "LoopOp"]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel on ranges of slabs, one a binding, each of exactly the kernel's length and starting at a multiple of 256; `label` names it for people";
  let description = [{A kernel with `iterations` is launched in loops of this count only. Its bindings are the same in all iterations.}];
  let arguments = (ins FlatSymbolRefAttr:$kernel, TypedArrayAttrBase<Schedule_PlaceAttr, "places">:$bindings, OptionalAttr<StrAttr>:$label);
  let assemblyFormat = "$kernel $bindings (`label` $label^)? attr-dict";
  let extraClassDeclaration = [{
    ::descent::schedule::PlaceAttr getBinding(unsigned i) { return ::llvm::cast<::descent::schedule::PlaceAttr>(getBindings()[i]); }
    /// How often a run of the entry executes it.
    int64_t countRuns();
    /// The place of an operand of the kernel that has type `tensor`, in an iteration.
    ::descent::schedule::PlaceAttr getOperandPlace(::descent::schedule::OperandAttr operand, ::mlir::Type tensor, int64_t iteration = 0);
    /// The range in which an operand of `kernel` lies, all iterations taken together.
    ::descent::schedule::PlaceAttr getOperandRange(::descent::schedule::KernelOp kernel, ::descent::schedule::OperandAttr operand, ::mlir::Type tensor);
  }];
}

def Schedule_BarrierOp : Schedule_Op<"barrier", [ParentOneOf<["EntryOp", "LoopOp"]>]> {
  let summary = "orders all accesses of the launches before it against those of the launches after it";
  let arguments = (ins);
  let assemblyFormat = "attr-dict";
}

def Schedule_OutputOp : Schedule_Op<"output", [HasParent<"EntryOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "where the runtime finds a named result after the entry has run; `batch_axis` marks the axis of samples";
  let arguments = (ins StrAttr:$name, Schedule_PlaceAttr:$place, TypeAttrOf<AnyRankedTensor>:$type, OptionalAttr<I64Attr>:$batch_axis);
  let assemblyFormat = "$name `at` $place `:` $type (`batch_axis` $batch_axis^)? attr-dict";
}

#endif // DESCENT_SCHEDULE_OPS_TD
