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
  let description = [{A state lies in a state slab, an input in a transient one. The place has the size of the tensor and starts at a multiple of 256.}];
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
  let summary = "a `descent.kernel` together with where its tensors lie in its bindings";
  let description = [{
    The body is one `descent.kernel` and a `schedule.return`. Block argument i is a tensor read at `reads[i]`; returned value i is
    written at `writes[i]`; both lie there contiguously in row-major order. Two tensors may lie at one place, the read one then is overwritten: that
    is legal where every iteration reads exactly the element that it writes.

    A binding is an array of four-byte words. It ends with the last tensor in it. Tensors of different element types may share a binding;
    i1 is stored as i32 0 or 1.

    `strategy` says how the kernel is mapped to workgroups; code generation reads nothing else.

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
                       Schedule_OperandsAttr:$reads, Schedule_OperandsAttr:$writes, OptionalAttr<AnyAttr>:$strategy);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{$sym_name `bindings` custom<BindingAccesses>($bindings) `reads` $reads `writes` $writes
                         (`strategy` $strategy^)? attr-dict-with-keyword $body}];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    ::descent::schedule::BindingAccess getBindingAccess(unsigned i) {
      return ::llvm::cast<::descent::schedule::BindingAccessAttr>(getBindings()[i]).getValue();
    }
    ::descent::schedule::OperandAttr getRead(unsigned i) { return ::llvm::cast<::descent::schedule::OperandAttr>(getReads()[i]); }
    ::descent::schedule::OperandAttr getWrite(unsigned i) { return ::llvm::cast<::descent::schedule::OperandAttr>(getWrites()[i]); }
    /// The size of every binding in elements of four bytes: up to the end of the last tensor in it.
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

def Schedule_LaunchOp : Schedule_Op<"launch", [HasParent<"EntryOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel on ranges of slabs, one a binding, each of exactly the kernel's length and starting at a multiple of 256; `label` names it for people";
  let arguments = (ins FlatSymbolRefAttr:$kernel, TypedArrayAttrBase<Schedule_PlaceAttr, "places">:$bindings, OptionalAttr<StrAttr>:$label);
  let assemblyFormat = "$kernel $bindings (`label` $label^)? attr-dict";
  let extraClassDeclaration = [{
    ::descent::schedule::PlaceAttr getBinding(unsigned i) { return ::llvm::cast<::descent::schedule::PlaceAttr>(getBindings()[i]); }
  }];
}

def Schedule_BarrierOp : Schedule_Op<"barrier", [HasParent<"EntryOp">]> {
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
