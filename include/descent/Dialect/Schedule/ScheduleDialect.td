// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `schedule` dialect: its definition, enumerations and attributes.

#ifndef DESCENT_SCHEDULE_DIALECT_TD
#define DESCENT_SCHEDULE_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Schedule_Dialect : Dialect {
  let name = "schedule";
  let cppNamespace = "::descent::schedule";
  let summary = "What a runtime needs to run a training program, and no more";
  let description = [{
    A module holds slabs of memory, the places of inputs and states (which stay in the module as `descent.input` and
    `descent.state`), kernels, and for every entry the launches and barriers that run it. Offsets and sizes are in bytes. Elements
    take the bytes of their type, i1 those of an i32 (0 or 1). Offsets and strides of `#schedule.operand` are in elements of its tensor.

    Launches run in order but may overlap where no barrier stands between them. A barrier orders everything that ran before it
    against everything after it. Before an entry and after it everything is visible, so an entry neither begins nor ends with a barrier.

    State slabs start zeroed and keep their bytes between runs. Transient slabs hold inputs and control words, which the host writes
    between runs, and in the rest whatever the last entry left.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Schedule_Op<string mnemonic, list<Trait> traits = []> : Op<Schedule_Dialect, mnemonic, traits>;
class Schedule_Attr<string name, string attrMnemonic> : AttrDef<Schedule_Dialect, name> { let mnemonic = attrMnemonic; }

class Schedule_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::descent::schedule";
  let genSpecializedAttr = 0;
}

def Schedule_SlabKind : Schedule_Enum<"SlabKind", "whether a slab's bytes outlive a run", [
  I32EnumAttrCase<"state", 0>, I32EnumAttrCase<"transient", 1>]>;
def Schedule_SlabKindAttr : EnumAttr<Schedule_Dialect, Schedule_SlabKind, "slab_kind">;

def Schedule_BindingAccess : Schedule_Enum<"BindingAccess", "what a kernel does with the bytes of a binding", [
  I32EnumAttrCase<"read", 1>, I32EnumAttrCase<"write", 2>, I32EnumAttrCase<"readwrite", 3>]>;
def Schedule_BindingAccessAttr : EnumAttr<Schedule_Dialect, Schedule_BindingAccess, "binding">;

def Schedule_PlaceAttr : Schedule_Attr<"Place", "place"> {
  let summary = "a range of bytes of a slab";
  let description = [{`#schedule.place<@work, 256, 4096>`: 4096 bytes of slab @work from byte 256 on. Both numbers are even; those of places and bindings are multiples of 4.}];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$slab, "int64_t":$offset, "int64_t":$size);
  let assemblyFormat = "`<` $slab `,` $offset `,` $size `>`";
  let genVerifyDecl = 1;
  let builders = [AttrBuilderWithInferredContext<(ins "::mlir::FlatSymbolRefAttr":$slab, "int64_t":$offset, "int64_t":$size), [{
    return $_get(slab.getContext(), slab, offset, size);
  }]>];
  let extraClassDeclaration = [{
    /// The first byte behind the range.
    int64_t getEnd() const { return getOffset() + getSize(); }
    /// True if both ranges share a byte.
    bool overlaps(PlaceAttr other) const {
      return getSlab() == other.getSlab() && getOffset() < other.getEnd() && other.getOffset() < getEnd();
    }
  }];
}

def Schedule_OperandAttr : Schedule_Attr<"Operand", "operand"> {
  let summary = "where a kernel finds a tensor: the binding, and how many of its elements behind the start";
  let description = [{
    In iteration i of a loop the tensor lies `stride` i elements behind that; with `alternating`, only in odd iterations and then `stride` elements.
  }];
  let parameters = (ins "int64_t":$binding, "int64_t":$offset, DefaultValuedParameter<"int64_t", "0">:$stride, DefaultValuedParameter<"bool", "false">:$alternating);
  let assemblyFormat = "`<` $binding `,` $offset (`,` `stride` $stride^)? (`,` `alternating` $alternating^)? `>`";
  let builders = [AttrBuilder<(ins "int64_t":$binding, "int64_t":$offset), [{ return $_get($_ctxt, binding, offset, 0, false); }]>];
  let extraClassDeclaration = [{
    /// Elements of the tensor behind the start of the binding in an iteration.
    int64_t getOffsetAt(int64_t iteration) const {
      return getOffset() + getStride() * (getAlternating() ? iteration % 2 : iteration);
    }
  }];
}

#endif // DESCENT_SCHEDULE_DIALECT_TD
