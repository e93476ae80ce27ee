// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contractions: matmul and einsum. Over the batch axis they leave out the rows
// that do not count.

#include "Shapes.h"
#include "Tables.h"
#include <algorithm>
#include <map>

using namespace descent::model;

namespace {

bool expectFloats(Inference &op) {
  return op.expectFloat(0) && op.expectFloat(1);
}

/// Where axis `axis` of operand `i` of a matmul stands in a result with
/// `leading` axes before the matrices; -1 for the contracted one.
int matmulAxis(Inference &op, size_t i, int64_t axis, int64_t leading) {
  int64_t rank = op.operand(i).rank();
  if (rank > 2 && axis < rank - 2)
    return int(leading - (rank - 2) + axis);
  bool isContracted = rank == 1 || axis == (i == 0 ? rank - 1 : rank - 2);
  if (isContracted)
    return -1;
  return int(leading + (i == 1 && op.operand(0).rank() > 1));
}

bool inferMatmul(Inference &op) {
  if (!expectFloats(op))
    return false;
  const TensorType &a = op.operand(0), &b = op.operand(1);
  for (size_t i : {0, 1})
    if (op.operand(i).rank() == 0)
      return op.error("'matmul' takes tensors of at least 1 dimension, got " +
                      op.describe(i));
  int64_t inner = b.shape[b.rank() == 1 ? 0 : b.rank() - 2];
  if (a.shape.back() != inner)
    return op.error(
        "the last axis of the left side of 'matmul' must be as "
        "large as the " +
        std::string(b.rank() == 1 ? "only axis" : "last but one axis") +
        " of the right side: " + op.describe(0) + ", and " + op.describe(1));
  int64_t leading = std::max({a.rank() - 2, b.rank() - 2, int64_t(0)});
  TensorType result{*promoteOperands(op), {}, -1};
  result.shape.assign(leading, 1);
  if (a.rank() > 1)
    result.shape.push_back(a.shape[a.rank() - 2]);
  if (b.rank() > 1)
    result.shape.push_back(b.shape.back());
  for (const TensorType *type : {&a, &b})
    for (int64_t axis = 0; axis < type->rank() - 2; ++axis) {
      int64_t &size = result.shape[leading - (type->rank() - 2) + axis];
      if (size != 1 && type->shape[axis] != 1 && size != type->shape[axis])
        return op.error("the axes before the matrices of 'matmul' have "
                        "different shapes: " +
                        op.describe(0) + ", and " + op.describe(1) +
                        "; aligned from the right, sizes must be equal or 1");
      size = std::max(size, type->shape[axis]);
    }
  size_t source = 0;
  for (size_t i : {0, 1}) {
    const TensorType &type = op.operand(i);
    if (type.batchAxis < 0)
      continue;
    int axis = matmulAxis(op, i, type.batchAxis, leading);
    if (!joinBatchAxis(op, result, source, i, axis))
      return false;
    if (axis >= 0 && result.shape[axis] != type.shape[type.batchAxis])
      return op.error("the batch axis, of size " +
                      std::to_string(type.shape[type.batchAxis]) + ", of " +
                      op.describe(i) + " would be repeated along that of " +
                      op.describe(1 - i));
  }
  return give(op, std::move(result));
}

/// The letters of an einsum's operands and result.
struct Equation {
  std::string operands[2], result;
};

/// Splits "ij, jk -> ik". Without an arrow the result has the letters that
/// stand once, in alphabetical order.
std::optional<Equation> parseEquation(Inference &op) {
  std::string text = op.attributes().enumerator("equation");
  std::erase(text, ' ');
  auto fail = [&](std::string message) {
    op.error("equation",
             message + ": an equation of 'einsum' is like 'ij,jk->ik'");
    return std::nullopt;
  };
  Equation equation;
  size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow);
  size_t comma = left.find(',');
  if (comma == std::string::npos || left.find(',', comma + 1) != left.npos)
    return fail("expected the letters of two operands, got '" + text + "'");
  equation.operands[0] = left.substr(0, comma);
  equation.operands[1] = left.substr(comma + 1);
  std::string both = equation.operands[0] + equation.operands[1];
  if (arrow != std::string::npos) {
    equation.result = text.substr(arrow + 2);
  } else {
    for (char c : both)
      if (std::count(both.begin(), both.end(), c) == 1)
        equation.result += c;
    std::sort(equation.result.begin(), equation.result.end());
  }
  for (const std::string *letters :
       {&equation.operands[0], &equation.operands[1], &equation.result})
    for (char c : *letters) {
      if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
        return fail("expected letters, got '" + std::string(1, c) + "'");
      if (std::count(letters->begin(), letters->end(), c) > 1)
        return fail("'" + std::string(1, c) + "' stands twice in '" + *letters +
                    "'");
      if (both.find(c) == std::string::npos)
        return fail("'" + std::string(1, c) +
                    "' of the result is not in an operand");
    }
  return equation;
}

/// The same equation with the letters a, b, c, ... in order of appearance, as
/// spelling has no meaning.
std::string normalForm(const Equation &equation) {
  std::string letters;
  auto rename = [&](const std::string &text) {
    std::string result;
    for (char c : text) {
      size_t at = letters.find(c);
      if (at == std::string::npos) {
        at = letters.size();
        letters += c;
      }
      result += char(at < 26 ? 'a' + at : 'A' + (at - 26));
    }
    return result;
  };
  std::string a = rename(equation.operands[0]);
  std::string b = rename(equation.operands[1]);
  return a + "," + b + "->" + rename(equation.result);
}

bool inferEinsum(Inference &op) {
  if (!expectFloats(op))
    return false;
  std::optional<Equation> equation = parseEquation(op);
  if (!equation)
    return false;
  // The size of each letter, and the operand that says so.
  std::map<char, std::pair<int64_t, size_t>> sizes;
  for (size_t i : {0, 1}) {
    const std::string &letters = equation->operands[i];
    const TensorType &type = op.operand(i);
    if (int64_t(letters.size()) != type.rank())
      return op.error("equation", "'" + letters + "' names " +
                                      std::to_string(letters.size()) +
                                      " axes, and the operand has " +
                                      std::to_string(type.rank()) + ": " +
                                      op.describe(i));
    for (size_t axis = 0; axis < letters.size(); ++axis) {
      auto [entry, isNew] =
          sizes.try_emplace(letters[axis], type.shape[axis], i);
      if (!isNew && entry->second.first != type.shape[axis])
        return op.error("equation",
                        "'" + std::string(1, letters[axis]) +
                            "' has different sizes: " + op.describe(0) +
                            ", and " + op.describe(1));
    }
  }
  TensorType result{*promoteOperands(op), {}, -1};
  for (char c : equation->result)
    result.shape.push_back(sizes[c].first);
  size_t source = 0;
  for (size_t i : {0, 1}) {
    int batchAxis = op.operand(i).batchAxis;
    if (batchAxis < 0)
      continue;
    size_t at = equation->result.find(equation->operands[i][batchAxis]);
    if (!joinBatchAxis(op, result, source, i,
                       at == std::string::npos ? -1 : int(at)))
      return false;
  }
  op.attributes().set("equation", normalForm(*equation));
  return give(op, std::move(result));
}

} // namespace

std::vector<OpSpec> descent::model::productOps() {
  return {
      {.name = "matmul",
       .doc = "Matrix product: of two vectors their scalar product, a vector "
              "on the left is a row and on the right a column, and axes before "
              "the last two are broadcast. Of a contracted batch axis only the "
              "rows that count are summed.",
       .reference = "torch.matmul",
       .operands = {{"a", "floats [..., m, k] or [k]"},
                    {"b", "floats [..., k, n] or [k]"}},
       .infer = inferMatmul},
      {.name = "einsum",
       .doc =
           "Sum of the products of a and b over the letters that the result "
           "lacks; a letter stands at most once in each of the three, and "
           "its sizes must be equal. Of a contracted batch axis only the rows "
           "that count are summed.",
       .reference = "torch.einsum",
       .operands = {{"a", "floats"}, {"b", "floats"}},
       .attributes = {required("equation", AttrKind::String, anyNumber,
                               "a letter for each axis, as in `bij,bjk->bik`; "
                               "without the arrow the letters that stand once, "
                               "in alphabetical order, are the result's")},
       .infer = inferEinsum},
  };
}
