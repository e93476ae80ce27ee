// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which tensors of a kernel are reached through which binding.

#ifndef DESCENT_DIALECT_SCHEDULE_BINDINGS_H
#define DESCENT_DIALECT_SCHEDULE_BINDINGS_H

#include "descent/Dialect/Schedule/Schedule.h"
#include "llvm/ADT/SmallVector.h"

namespace descent::schedule {

/// A tensor that a kernel reads or writes.
struct TensorUse {
  PlaceAttr place;
  BindingAccess access;
};

/// A range that a kernel is given, aligned to kPlaceAlignment.
struct Binding {
  mlir::FlatSymbolRefAttr slab;
  int64_t begin, end;
  unsigned access; ///< bits of BindingAccess

  PlaceAttr getPlace() const {
    return PlaceAttr::get(slab, begin, end - begin);
  }
  bool covers(PlaceAttr place) const {
    return slab == place.getSlab() && begin <= place.getOffset() &&
           place.getEnd() <= end;
  }
};

/// The bindings of a kernel that uses `uses`: tensors that overlap share one,
/// and then the pair of bindings that covers the fewest bytes in vain, of those
/// that together are within `maxRange`, is merged until there are at most
/// `maxBindings`. Nothing if that cannot be without a binding of more than
/// `maxRange` bytes; `tooLarge` then is one. The result is in the order of the
/// first tensor in each.
std::optional<llvm::SmallVector<Binding>>
assignBindings(llvm::ArrayRef<TensorUse> uses, int64_t maxBindings,
               int64_t maxRange, std::optional<Binding> &tooLarge);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_BINDINGS_H
