// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes from the tensor level to the kernel level, in the order in which they run.

#ifndef DESCENT_TRANSFORMS_PASSES_TD
#define DESCENT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def MultiplyTablesPass : Pass<"descent-multiply-tables", "::descent::EntryOp"> {
  let summary = "Multiplies tables before rows of them are gathered";
  let description = [{
    The product of gathered rows is the product of the table, gathered: where a product reads rows of an embedding and the table has at most half as many entries as rows are
    taken, it is multiplied first, once an entry. Every sum stays what it was. The gradient follows: what arrives at the rows is added up by entry before it meets the other factor. Tables of more than
    four times as many entries as a row has elements are left alone, since adding up by entry may take a comparison for each.

    ```mlir
    %rows = descent.gather %table at %index axis 0 : (tensor<65x128xf32>, tensor<2048x128xi32>) -> tensor<2048x128xf32>
    %y = descent.contract %rows [0, 2], %w [1, 2] to [0, 1] : (tensor<2048x128xf32>, tensor<384x128xf32>) -> tensor<2048x384xf32>
    ```
    becomes
    ```mlir
    %p = descent.contract %table [0, 2], %w [1, 2] to [0, 1] : (tensor<65x128xf32>, tensor<384x128xf32>) -> tensor<65x384xf32>
    %y = descent.gather %p at %wide axis 0 : (tensor<65x384xf32>, tensor<2048x384xi32>) -> tensor<2048x384xf32>
    ```
  }];
}

def AutodiffPass : Pass<"descent-autodiff", "::descent::EntryOp"> {
  let summary = "Expands every descent.gradient into the operations that compute it";
  let description = [{
    Reverse-mode differentiation in the same block: the operations between the values and the loss are walked backwards, and
    each builds its VJP through `DifferentiableOpInterface`; the pass knows no operation. An operation takes part only if it depends on a value
    that is differentiated to and the loss depends on it. A missing cotangent is zero and costs nothing. Several contributions to one
    value are summed by one variadic `descent.add` in program order. Gradients are expanded in program order, those of bodies before what they
    stand in, so the gradient of a gradient sees ordinary operations. The sweep itself is `differentiateBlock` in Differentiate.h: an operation whose derivative is that of its body
    (a scan) uses it in `buildVJP`, and may there replace itself by one with more results.

    ```mlir
    %y = descent.mul %x, %x : tensor<4xf32>
    %l = descent.reduce_sum %y [0] : tensor<4xf32> to tensor<f32>
    %g = descent.gradient %l wrt %x : tensor<f32> wrt tensor<4xf32> to tensor<4xf32>
    ```
    becomes (with %one the constant 1)
    ```mlir
    %c = descent.broadcast %one [] : tensor<f32> to tensor<4xf32>
    %a = descent.mul %c, %x : tensor<4xf32>
    %b = descent.mul %c, %x : tensor<4xf32>
    %g = descent.add %a, %b : tensor<4xf32>
    ```

    A gradient to a value that was computed means that value alone: simplification, which may let it and an equal one be the same, has to come after. So the pipeline
    runs the pass twice, first with `between`.
  }];
  let options = [Option<"between", "between", "bool", "false", "only entries that differentiate to computed values">];
}

def ExpandOptimizersPass : Pass<"descent-expand-optimizers", "::mlir::ModuleOp"> {
  let summary = "Expands every descent.optimize into states and ordinary operations on arenas";
  let description = [{
    The parameters, their gradients and each slot of optimizer state are packed (`descent.pack`), so the whole update is elementwise on a few one-dimensional
    tensors: one kernel, however many parameters there are. A slot's states are called `optim.<group>.<slot>.<parameter>`.

    Every new value is guarded: `status.diverged` latches the number of the first step whose losses or gradients are not all finite, and from that step on every
    state keeps its value. The optimizers of an entry are expanded where the last of them stands, under one guard: they step together or not at all.

    Adam's bias corrections 1 - beta^t are states of their own, advanced by c' = c + (1 - beta) (1 - c): right to a few roundings at every step, where a
    power of beta loses half the digits of 1 - beta^t when t is small.

    A kernel reaches all its arenas by few bindings of at most 128 MiB. So parameters of more than half more than `max-arena` bytes are packed into several arenas within that, each group with its own gradients and slots,
    updated by a kernel of its own: three arenas side by side are one binding.
  }];
  let options = [Option<"maxArena", "max-arena", "int64_t", "41943040", "bytes of an arena, where parameters take several">];
}

def DecomposePass : Pass<"descent-decompose", "::descent::EntryOp"> {
  let summary = "Takes composite operations apart";
  let description = [{Rewrites every operation with `DecomposableOpInterface` by its parts.}];
}

def UnrollScansPass : Pass<"descent-unroll-scans", "::descent::EntryOp"> {
  let summary = "Replaces scans by their iterations";
  let description = [{
    Every scan of at most `max-count` iterations becomes that many copies of its body, inner ones first: slices of the sequences, and a concatenation for each stacked result.
    For short scans, and to compare a scan with what it stands for. A body with gradients stays until they are expanded: inlined, the values
    that it differentiates to could be one with others.
  }];
  let options = [Option<"maxCount", "max-count", "int64_t", "INT64_MAX", "the longest scan to unroll">,
                 Option<"innerOnly", "inner-only", "bool", "false", "only scans in the bodies of others">];
}

def SortScattersPass : Pass<"descent-sort-scatters", "::descent::EntryOp"> {
  let summary = "Computes large scatter_adds in partitions, or by sorting their updates";
  let description = [{
    A `scatter_add` as it stands compares every update with every entry. Where that costs more, f32 scatters of which an `add` sums up the results, or one alone, become one of these.

    *Partitions*: each has a sum of its own for every entry. They are scatters still, with one more dimension, and a sum over it; but a lane can keep a partition's sums in memory and add each
    of its updates to one of them (docs/codegen.md). Scatters that are added up go on with the sums of the one before. There are enough partitions to fill a device and for no lane to
    have too many updates, as long as there are more updates than entries of all partitions together.

    ```mlir
    %s = descent.scatter_add %x at %b axis 0 extent 30000 : (tensor<60000xf32>, tensor<60000xi32>) -> tensor<30000xf32>
    // becomes, but for reshapes
    %p = descent.scatter_add %xt at %bt axis 1 extent 30000 : (tensor<4x15000xf32>, tensor<4x15000xi32>) -> tensor<4x30000xf32>
    %s = descent.reduce_sum %p axis 0 : tensor<4x30000xf32>
    ```

    *Sorting*, where the sums of all partitions would be too large. All of it gathers:

    * *Keys*: the entry of each update, or one behind the last for an update that adds nowhere. Scatters that are added up are one, of all their updates.
    * *Order*: a stable radix sort (RadixSort.cpp). A pass ranks the keys of each chunk by one digit, counts digits by chunk, and finds the source of every place behind it by searching the running sums of
      the counts.
    * *Sums* (SegmentSums.cpp): an entry's updates are a range of the sorted ones. Sums of aligned blocks form a tree; on every level a range takes the blocks at its ends. Nothing is subtracted, and a NaN stays in its entry.

    The order of every sum is fixed: that of the partitions, or of the tree. Sorting takes about updates x (bits / digit-bits) x (2 x chunk + 2^digit-bits) operations.
  }];
  let options = [Option<"always", "always", "bool", "false", "sort whatever it costs">,
                 Option<"partitions", "partitions", "int64_t", "0", "split into so many partitions whatever it costs; 0: as many as are cheapest">,
                 Option<"chunkBits", "chunk-bits", "int64_t", "6", "log2 of the updates that are ranked together">,
                 Option<"digitBits", "digit-bits", "int64_t", "6", "the most bits of a key that a pass sorts by">,
                 Option<"fanBits", "fan-bits", "int64_t", "3", "log2 of the blocks that form the next larger one">];
}

def LowerToKernelsPass : Pass<"descent-lower-to-kernels", "::descent::EntryOp"> {
  let summary = "Makes every loop nest a descent.kernel of its own";
  let description = [{
    Through `LoopNestOpInterface`. Constants whose elements are all equal move into the bodies as scalars. Views stay: the next pass folds them.

    ```mlir
    %y = descent.exp %x : tensor<4xf32>
    ```
    becomes
    ```mlir
    %y = descent.kernel [4] reduce [] by [] map() [] { descent.yield }
      finish(%x : tensor<4xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%a: f32):
        %e = descent.exp %a : f32
        descent.yield %e : f32
      } : tensor<4xf32>
    ```
  }];
}

def FoldViewsPass : Pass<"descent-fold-views", "::descent::EntryOp"> {
  let summary = "Turns views into accesses of the kernels that read them";
  let description = [{
    A kernel that reads the result of a view reads the view's operand instead, through the composed access, until no view is left but a reshape of a value that
    lies in memory: that one is an alias and stays. Loads at computed places go through views as well, by arithmetic on these places. A view used by
    anything but kernels (an output, an arena, a state), whose fill contradicts that of another, or that has a fill and is loaded from at computed
    places, becomes a kernel that copies.
  }];
}

def FormKernelsPass : Pass<"descent-form-kernels", "::descent::EntryOp"> {
  let summary = "Fuses kernels";
  let description = [{
    Three rewrites, until nothing changes; reductions absorb first, then producers are inlined in program order, then the rest is absorbed:

    * **inline**: an elementwise kernel all of whose readers are kernels is computed by each of them where they read it, if that loads no more than
      storing it and loading it back. The estimate counts loads per element, an element read again by a reduction as 1/8 of a load, since register
      tiles share it, and a store as two loads.
    * **absorb**: an elementwise kernel that reads, at its own position, a result of a kernel over as many points joins that kernel: bias and activation follow the sum of a
      product or convolution in registers, and sibling updates (parameter, moments) become one kernel of several results.
    * **join**: two independent kernels over the same dimensions that read each element of a large tensor at the same point become one: reductions, as those that a layer norm's scale and
      bias are differentiated by, one of several combiners. In loops, two sums over the same dimensions that an elementwise kernel reads at its own position join too, and it is
      the epilogue of both: the gates of a cell and the state that they give are one launch.

    A fused kernel touches at most `max-tensors` tensors.
  }];
  let options = [Option<"maxTensors", "max-tensors", "unsigned", "12", "the most tensors a fused kernel may read and write">];
}

def FormAttentionPass : Pass<"descent-form-attention", "::descent::EntryOp"> {
  let summary = "Computes large products where reductions read them, instead of storing them";
  let description = [{
    The scores of an attention, its probabilities and their gradients have a number for every pair of positions, but are products over a short dimension, and all that is wanted of them are
    reductions: maximum and sum of a row, the weighted sum of the values, the sums that are the gradients. Where a product has at least `min-elements` elements and `min-ratio` times as many as
    are read of its factors, a maximum and exponentials are taken of it, and only reductions read it, directly or through elementwise kernels, it is not stored: those kernels are inlined into the
    reductions, and reductions of the same rows become one `descent.row_group` with a copy of the product that is computed where it is read:

    * forward, the rows are the queries: maximum, sum of exponentials, and output, which code generation makes one loop (online softmax);
    * backward, the queries again for the gradient of the queries, and the keys for those of keys and values, which are one kernel of several combiners.

    Before, the sum over a row of the probabilities times their gradient becomes that of the output times its gradient, which is the same and reads no matrix.

    Masks, scale and dropout are elementwise; nothing is said of them. Where something else reads the product, or it is read at several points, everything stays as it is.
  }];
  let options = [Option<"minElements", "min-elements", "int64_t", "16384", "the fewest elements of a product that is not stored">,
                 Option<"minRatio", "min-ratio", "double", "2", "how many elements it has at least for each that is read of its factors">,
                 Option<"maxInner", "max-inner", "int64_t", "128", "the longest sum that is computed in place">,
                 Option<"maxColumns", "max-columns", "int64_t", "128", "the most columns of a reduction that computes it">];
}

def SplitReductionsPass : Pass<"descent-split-reductions", "::descent::EntryOp"> {
  let summary = "Gives long reductions with few results more parallelism";
  let description = [{
    A reduction of many elements with fewer than `min-points` results is cut into chunks along its outermost reduction dimensions: one kernel for the chunks, one
    that combines them in order and finishes. The order is fixed, so results are the same run after run. The index of a maximum is looked up among those of the chunks.

    However many results there are, no point is left with more than `max-length` elements (within the square of that): llvmpipe ends all loops of an invocation after
    65535 iterations in all, without a word. Where no divisor of an extent serves, the last chunk is filled up with what changes nothing.
  }];
  let options = [
    Option<"minPoints", "min-points", "int64_t", "16384", "results of a kernel that are parallelism enough">,
    Option<"minLength", "min-length", "int64_t", "512", "shortest reduction that one point is left with">,
    Option<"maxLength", "max-length", "int64_t", "32768", "longest reduction that one point is left with">];
}

def SplitTensorsPass : Pass<"descent-split-tensors", "::descent::EntryOp"> {
  let summary = "Cuts tensors that no binding covers into pieces";
  let description = [{
    Where inputs or results of kernels have more than `max-bytes` bytes, all of these are cut into as many equal pieces, tensors of their own, by ranges of their elements in row-major order; an input by
    `descent.unpack`, which says where its pieces lie. A kernel that touches one becomes as many kernels that touch a piece each, the same arithmetic along its outermost dimension:

    * the outermost reduction dimension, if no result is large: each part goes on with the sums, products or maxima of the one before, the last one does the finish;
    * else the outermost parallel dimension. Results that are not large are put together again, piece by piece.

    That takes accesses that stay in one piece along this dimension: index expressions are bounded over the part's domain. If one of them does not, if something other than a kernel uses a large value (an output, a state, a loop),
    or if no number of pieces divides the extents, everything stays, and the tensor is refused later. Pieces have a fourth of `max-bytes` at most, since a kernel may have to reach several by one binding. Results of more than a sixteenth of `max-bytes`
    that would be put together again are cut as well, where their readers allow it.
  }];
  let options = [Option<"maxBytes", "max-bytes", "int64_t", "134217728", "the most bytes of a tensor that stays whole">];
}

def FormRowGroupsPass : Pass<"descent-form-row-groups", "::descent::EntryOp"> {
  let summary = "Puts reductions over one row space, and what is between them, into row groups";
  let description = [{
    From every reduction of rows that lie in memory one behind the other, a group grows by the kernels that read its results, those whose results it reads, and other reductions
    of the same rows: softmax is one kernel instead of three, the loss of a classifier with its gradient one instead of four. A kernel joins if

    * its leading parallel dimensions are the rows, and what it reads of the group is of its own row;
    * no other operation has to run between it and the rest of the group;
    * it costs no more than `launch-cost` loads of an element. What has one element a row costs nothing to pass on. What has more is computed by every part that
      needs it, which may cost more loads than storing it did; if nothing else reads it, it is not stored at all.

    A lane computes a row, so there are groups over at least `min-rows` rows only. A product is no reduction of rows, since its elements are read for many results; nor is
    batch norm's mean, whose rows, the channels, are few and scattered.
  }];
  let options = [
    Option<"minRows", "min-rows", "int64_t", "32", "the fewest rows of a group">,
    Option<"maxTensors", "max-tensors", "unsigned", "20", "the most tensors a group may read and write">,
    Option<"launchCost", "launch-cost", "int64_t", "65536", "the loads of an element that take as long as a launch">];
}

def VerifyKernelsPass : Pass<"descent-verify-kernels", "::descent::EntryOp"> {
  let summary = "Checks that an entry is at the kernel level";
  let description = [{Only reads, control words, constants, kernels, reshapes, packs, unpacks, writes and outputs may be left.}];
}

#endif // DESCENT_TRANSFORMS_PASSES_TD
