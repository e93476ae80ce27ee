// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which tensors of a kernel are reached through which binding.

#include "descent/Dialect/Schedule/Bindings.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

static Binding merge(const Binding &a, const Binding &b) {
  return {a.slab, std::min(a.begin, b.begin), std::max(a.end, b.end),
          a.access | b.access};
}

/// Merges bindings that share a byte until none do.
static void mergeOverlapping(SmallVectorImpl<Binding> &bindings) {
  for (unsigned i = 0; i < bindings.size(); ++i)
    for (unsigned j = i + 1; j < bindings.size(); ++j) {
      const Binding &a = bindings[i], &b = bindings[j];
      if (a.slab != b.slab || a.begin >= b.end || b.begin >= a.end)
        continue;
      bindings[i] = merge(a, b);
      bindings.erase(bindings.begin() + j);
      // The larger binding may now overlap one that was passed.
      return mergeOverlapping(bindings);
    }
}

/// What merging costs: bytes covered in vain, and as much again as the whole
/// where reads and writes would mix, for that makes hazards.
static int64_t getMergeCost(const Binding &a, const Binding &b) {
  Binding both = merge(a, b);
  int64_t size = both.end - both.begin;
  return size - (a.end - a.begin) - (b.end - b.begin) +
         (a.access == b.access ? 0 : size);
}

std::optional<SmallVector<Binding>>
schedule::assignBindings(ArrayRef<TensorUse> uses, int64_t maxBindings,
                         int64_t maxRange, std::optional<Binding> &tooLarge) {
  SmallVector<Binding> bindings;
  for (const TensorUse &use : uses)
    bindings.push_back(
        {use.place.getSlab(),
         int64_t(llvm::alignDown(use.place.getOffset(), kPlaceAlignment)),
         int64_t(llvm::alignTo(use.place.getEnd(), kWordBytes)),
         unsigned(use.access)});
  mergeOverlapping(bindings);
  while (int64_t(bindings.size()) > maxBindings) {
    std::optional<std::pair<unsigned, unsigned>> best;
    int64_t bestCost = 0;
    bool bestFits = false;
    for (unsigned i = 0; i < bindings.size(); ++i)
      for (unsigned j = i + 1; j < bindings.size(); ++j) {
        if (bindings[i].slab != bindings[j].slab)
          continue;
        int64_t cost = getMergeCost(bindings[i], bindings[j]);
        Binding both = merge(bindings[i], bindings[j]);
        bool fits = both.end - both.begin <= maxRange;
        if (best && (fits != bestFits ? bestFits : cost >= bestCost))
          continue;
        best = {i, j};
        bestCost = cost;
        bestFits = fits;
      }
    if (!best)
      return std::nullopt;
    bindings[best->first] =
        merge(bindings[best->first], bindings[best->second]);
    bindings.erase(bindings.begin() + best->second);
    mergeOverlapping(bindings);
  }
  for (const Binding &binding : bindings)
    if (binding.end - binding.begin > maxRange) {
      tooLarge = binding;
      return std::nullopt;
    }
  return bindings;
}
