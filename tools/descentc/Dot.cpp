// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel level as a Graphviz graph.

#include "Emit.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Schedule/Labels.h"
#include "llvm/Support/GraphWriter.h"

using namespace mlir;

namespace descent {

static std::string shapeOf(Type type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  auto tensor = cast<RankedTensorType>(type);
  for (int64_t extent : tensor.getShape())
    stream << extent << "x";
  stream << tensor.getElementType();
  return text;
}

/// What a node is called: the symbol, the name, or the label and extents of a
/// kernel.
static std::string describe(Operation &op) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (auto kernel = dyn_cast<KernelOp>(op)) {
    stream << schedule::getLabel(op.getLoc()) << "\n[";
    llvm::interleaveComma(kernel.getParallel(), stream);
    stream << "]";
    if (!kernel.isElementwise()) {
      stream << " reduce [";
      llvm::interleaveComma(kernel.getReduction(), stream);
      stream << "]";
    }
    return text;
  }
  if (auto group = dyn_cast<RowGroupOp>(op)) {
    stream << schedule::getLabel(op.getLoc()) << "\nrows [";
    llvm::interleaveComma(group.getRows(), stream);
    stream << "]";
    return text;
  }
  stream << op.getName().stripDialect();
  if (auto loop = dyn_cast<ScanOp>(op))
    stream << " of " << loop.getCount()
           << (loop.getReversed() ? ", reversed" : "");
  if (auto read = dyn_cast<ReadOp>(op))
    stream << " " << read.getSymbol();
  else if (auto write = dyn_cast<WriteOp>(op))
    stream << " " << write.getSymbol();
  else if (auto output = dyn_cast<OutputOp>(op))
    stream << " " << output.getName();
  else if (auto control = dyn_cast<ControlOp>(op))
    stream << " " << stringifyControlWord(control.getWord());
  return text;
}

namespace {

class DotPrinter {
public:
  explicit DotPrinter(llvm::raw_ostream &os) : os(os) {}

  /// The nodes and edges of a block; those of loops in boxes of their own.
  void print(Block &block, unsigned indent) {
    for (Operation &op : block) {
      unsigned number = numbers.size();
      numbers[&op] = number;
      os.indent(indent) << "n" << number << " [label=\""
                        << llvm::DOT::EscapeString(describe(op))
                        << "\" shape=" << (isLaunched(&op) ? "box" : "ellipse")
                        << "];\n";
      auto loop = dyn_cast<ScanOp>(op);
      if (!loop)
        continue;
      os.indent(indent) << "subgraph \"cluster_n" << number << "\" {\n";
      print(loop.getBody().front(), indent + 2);
      os.indent(indent) << "}\n";
    }
    for (Operation &op : block)
      for (Value operand : op.getOperands()) {
        // What a loop hands to its body comes from the loop.
        Operation *source = operand.getDefiningOp();
        if (!source)
          source = block.getParentOp();
        os.indent(indent) << "n" << numbers.lookup(source) << " -> n"
                          << numbers.lookup(&op) << " [label=\""
                          << shapeOf(operand.getType()) << "\"];\n";
      }
  }

private:
  llvm::raw_ostream &os;
  llvm::DenseMap<Operation *, unsigned> numbers;
};

} // namespace

void printDot(ModuleOp module, llvm::raw_ostream &os) {
  DotPrinter printer(os);
  os << "digraph model {\n  node [fontname=\"sans-serif\" fontsize=10];\n  "
        "edge [fontname=\"sans-serif\" fontsize=8];\n";
  for (auto entry : module.getOps<EntryOp>()) {
    os << "  subgraph \"cluster_" << entry.getSymName() << "\" {\n    label=\""
       << entry.getSymName() << "\";\n";
    printer.print(entry.getBody().front(), 4);
    os << "  }\n";
  }
  os << "}\n";
}

} // namespace descent
