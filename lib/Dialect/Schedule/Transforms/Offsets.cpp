// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Offsets by decreasing size and best fit (Pisarchyk and Lee, "Efficient memory
// management for deep neural net inference", 2020, algorithm 3).

#include "Order.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

int64_t schedule::assignOffsets(MutableArrayRef<Buffer *> buffers, int64_t base,
                                bool smallFirst) {
  constexpr int64_t small = 16 << 10;
  SmallVector<Buffer *> bySize(buffers);
  llvm::stable_sort(bySize, [&](Buffer *a, Buffer *b) {
    bool isSmall = a->getBytes() <= small;
    if (smallFirst && isSmall != (b->getBytes() <= small))
      return isSmall;
    return a->getBytes() > b->getBytes();
  });
  SmallVector<Buffer *> placed; // by offset
  int64_t end = base;
  for (Buffer *buffer : bySize) {
    int64_t size = llvm::alignTo(buffer->getBytes(), kPlaceAlignment);
    int64_t cursor = base, best = -1,
            bestGap = std::numeric_limits<int64_t>::max();
    for (Buffer *other : placed) {
      if (other->lastPhase < buffer->firstPhase ||
          buffer->lastPhase < other->firstPhase)
        continue;
      int64_t gap = other->offset - cursor;
      if (gap >= size && gap < bestGap) {
        best = cursor;
        bestGap = gap;
      }
      cursor = std::max(cursor,
                        int64_t(llvm::alignTo(other->offset + other->getBytes(),
                                              kPlaceAlignment)));
    }
    buffer->offset = best >= 0 ? best : cursor;
    end = std::max(end, buffer->offset + size);
    placed.insert(llvm::upper_bound(placed, buffer,
                                    [](Buffer *a, Buffer *b) {
                                      return a->offset < b->offset;
                                    }),
                  buffer);
  }
  return end;
}
