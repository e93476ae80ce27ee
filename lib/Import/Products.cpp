// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// matmul and einsum.

#include "Builders.h"
#include "Contractions.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

/// Both operands with their labels. What is summed over the batch lacks the
/// rows that do not count; it is enough that one operand does.
static Values buildProduct(const Use &use,
                           ArrayRef<SmallVector<int64_t>> operandLabels,
                           ArrayRef<int64_t> labels) {
  Labelled operands[2];
  SmallVector<int64_t> masked;
  for (int i = 0; i < 2; ++i) {
    Value value = use.operand(i, use.resultElement());
    int axis = use.operandTypes[i]->batchAxis;
    if (axis >= 0) {
      int64_t label = operandLabels[i][axis];
      if (!llvm::is_contained(labels, label) &&
          !llvm::is_contained(masked, label)) {
        value = use.maskRows(value, axis, 0);
        masked.push_back(label);
      }
    }
    operands[i] = {value, operandLabels[i]};
  }
  return {contract(use.b, use.loc, operands[0], operands[1], labels)};
}

/// As torch.matmul: vectors, matrices, and batches of matrices, which are
/// broadcast.
static Values buildMatmul(const Use &use) {
  int64_t ranks[2] = {use.operandTypes[0]->rank(), use.operandTypes[1]->rank()};
  int64_t batches = std::max<int64_t>({ranks[0] - 2, ranks[1] - 2, 0});
  // Labels: the batch dimensions, aligned from the right, then these.
  const int64_t m = batches, n = batches + 1, k = batches + 2;
  auto labelsOf = [&](int64_t rank, ArrayRef<int64_t> matrix) {
    SmallVector<int64_t> labels;
    for (int64_t i = 2; i < rank; ++i)
      labels.push_back(batches - rank + i);
    labels.append(matrix.begin(), matrix.end());
    return labels;
  };
  SmallVector<int64_t> lhs =
      ranks[0] == 1 ? SmallVector<int64_t>{k} : labelsOf(ranks[0], {m, k});
  SmallVector<int64_t> rhs =
      ranks[1] == 1 ? SmallVector<int64_t>{k} : labelsOf(ranks[1], {k, n});
  auto labels = llvm::to_vector(llvm::seq<int64_t>(0, batches));
  if (ranks[0] > 1)
    labels.push_back(m);
  if (ranks[1] > 1)
    labels.push_back(n);
  return buildProduct(use, {lhs, rhs}, labels);
}

/// "bij,jk->bik"; without an arrow the letters that stand once, in the order of
/// the alphabet.
static Values buildEinsum(const Use &use) {
  std::string equation = use.attributes().enumerator("equation");
  llvm::erase_if(equation, [](char c) { return c == ' '; });
  auto [inputs, output] = StringRef(equation).split("->");
  auto [first, second] = inputs.split(',');
  std::string letters = output.str();
  if (!StringRef(equation).contains("->")) {
    for (char c : first.str() + second.str())
      if (inputs.count(c) == 1)
        letters.push_back(c);
    llvm::sort(letters);
  }
  // A letter's label is where it stands first.
  auto labelsOf = [&](StringRef text) {
    return llvm::map_to_vector(text,
                               [&](char c) { return int64_t(inputs.find(c)); });
  };
  SmallVector<int64_t> lhs = labelsOf(first), rhs = labelsOf(second);
  return buildProduct(use, {lhs, rhs}, labelsOf(letters));
}

void addProductBuilders(BuilderTable &table) {
  table.ops["matmul"] = buildMatmul;
  table.ops["einsum"] = buildEinsum;
}

} // namespace descent::import
