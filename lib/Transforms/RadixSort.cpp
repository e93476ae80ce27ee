// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A stable radix sort in gather form. A pass sorts the keys of every chunk by
// one digit, by ranks; counts how many of each chunk have which digit; and
// finds for every place behind the pass, in the running sums of the counts,
// which key of which chunk belongs there.

#include "RadixSort.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace descent {

/// log2 of how many counts are summed up at a time.
static constexpr int64_t blockBits = 6;

int64_t SortShape::padded(int64_t count) const {
  return static_cast<int64_t>(llvm::alignTo(count, int64_t(1) << chunkBits));
}

static int64_t keyBits(int64_t bound) {
  return std::max<int64_t>(1, llvm::Log2_64_Ceil(bound));
}

int64_t SortShape::passes(int64_t bound) const {
  return ceilDivide(keyBits(bound), digitBits);
}

int64_t SortShape::bitsOfPass(int64_t bound) const {
  return ceilDivide(keyBits(bound), passes(bound));
}

double SortShape::cost(int64_t count, int64_t bound) const {
  double keys = static_cast<double>(padded(count)),
         chunk = double(int64_t(1) << chunkBits),
         digits = double(int64_t(1) << bitsOfPass(bound)),
         block = double(int64_t(1) << blockBits);
  // Ranks and their inverse; counts; their running sums; the search, whose
  // loads cost several operations each.
  double search = 4 * std::log2(std::max(2.0, keys / chunk * digits));
  return passes(bound) * keys *
         (2 * chunk + digits + digits * block / chunk + search);
}

namespace {

/// Sums before every element, block by block: `before` has those of the block
/// only. The next level has the sums of the blocks, the last a single block.
struct Level {
  Value before;
  int64_t bits; // log2 of the block's size
};

class Pass {
public:
  Pass(TensorMath &math, const SortShape &shape, int64_t digitBits)
      : math(math), chunkBits(shape.chunkBits), digitBits(digitBits) {}

  /// The place before the pass of what is at every place behind it. Keys are
  /// sorted by `digitBits` bits from `shift` on.
  Value sources(Value keys, int64_t shift) {
    int64_t count = TensorMath::countOf(keys), chunk = int64_t(1) << chunkBits,
            digits = int64_t(1) << digitBits;
    chunks = count / chunk;
    // Digit and place in the chunk as one number: no two are equal.
    Value digit = math.low(math.shr(keys, shift), digitBits);
    Value place = math.low(math.iota({count}, 0), chunkBits);
    Value tagged = math.reshape(math.add(math.shl(digit, chunkBits), place),
                                {chunks, chunk});
    Value sorted = sortChunks(tagged, chunk);

    SmallVector<int64_t> cube{digits, chunks, chunk};
    Value each = math.shr(math.broadcast(tagged, cube, {1, 2}), chunkBits);
    Value wanted = math.iota(cube, 0);
    Value counts = math.count(math.eq(each, wanted), 2);
    Value first = math.count(math.lt(each, wanted), 2);
    return find(math.reshape(counts, {digits * chunks}),
                math.reshape(first, {digits * chunks}), sorted, count);
  }

private:
  TensorMath &math;
  int64_t chunkBits, digitBits, chunks = 0;

  Value sortChunks(Value tagged, int64_t chunk) {
    SmallVector<int64_t> cube{chunks, chunk, chunk};
    Value mine = math.broadcast(tagged, cube, {0, 1});
    Value other = math.broadcast(tagged, cube, {0, 2});
    Value rank = math.count(math.lt(other, mine), 2);
    Value hit = math.eq(math.broadcast(rank, cube, {0, 2}), math.iota(cube, 1));
    Value sorted = math.sum(math.select(hit, other, math.zero(other)), 2);
    return math.reshape(sorted, {chunks * chunk});
  }

  SmallVector<Level> runningSums(Value counts) {
    SmallVector<Level> levels;
    for (bool last = false; !last;) {
      int64_t size = TensorMath::countOf(counts);
      last = size <= int64_t(1) << blockBits;
      int64_t bits =
          last ? static_cast<int64_t>(llvm::Log2_64_Ceil(size)) : blockBits;
      int64_t block = int64_t(1) << bits, blocks = ceilDivide(size, block);
      Value rows =
          math.reshape(math.extend(counts, blocks * block), {blocks, block});
      SmallVector<int64_t> cube{blocks, block, block};
      Value earlier = math.lt(math.iota(cube, 2), math.iota(cube, 1));
      Value each = math.broadcast(rows, cube, {0, 2});
      Value before = math.sum(math.select(earlier, each, math.zero(each)), 2);
      levels.push_back({math.reshape(before, {blocks * block}), bits});
      counts = math.sum(rows, 1);
    }
    return levels;
  }

  /// Descends from block to block to the count that a place falls into.
  Value find(Value counts, Value first, Value sorted, int64_t count) {
    Value rest = math.iota({count}, 0), at = math.zero(rest);
    SmallVector<Level> levels = runningSums(counts);
    for (const Level &level : llvm::reverse(levels)) {
      at = math.shl(at, level.bits);
      // The last sum that is not above; within a block they never decrease.
      for (int64_t bit = level.bits - 1; bit >= 0; --bit) {
        Value next = math.add(at, int64_t(1) << bit);
        Value below = math.le(math.lookup(level.before, next), rest);
        at = math.select(below, next, at);
      }
      rest = math.sub(rest, math.lookup(level.before, at));
    }
    Value chunk = math.sub(at, math.mul(math.div(at, chunks), chunks));
    Value begin = math.shl(chunk, chunkBits);
    Value nth = math.add(math.lookup(first, at), rest);
    Value tagged = math.lookup(sorted, math.add(begin, nth));
    return math.add(begin, math.low(tagged, chunkBits));
  }
};

} // namespace

SortedKeys sortKeys(TensorMath &math, Value keys, int64_t bound,
                    const SortShape &shape) {
  int64_t passes = shape.passes(bound), bits = shape.bitsOfPass(bound);
  Value order;
  for (int64_t pass = 0; pass < passes; ++pass) {
    int64_t shift = pass * bits;
    Pass sorting(math, shape, std::min(bits, keyBits(bound) - shift));
    Value sources = sorting.sources(keys, shift);
    order = order ? math.lookup(order, sources) : sources;
    keys = math.lookup(keys, sources);
  }
  return {keys, order};
}

Value countLess(TensorMath &math, Value sorted, Value values) {
  int64_t size = TensorMath::countOf(sorted);
  Value count = math.zero(values), all = math.constant(values, size);
  for (int64_t step = llvm::bit_floor(uint64_t(size)); step > 0; step /= 2) {
    Value next = math.add(count, step);
    Value less = math.lt(math.lookup(sorted, math.add(next, -1)), values);
    Value take = math.both(less, math.le(next, all));
    count = math.select(take, next, count);
  }
  return count;
}

} // namespace descent
