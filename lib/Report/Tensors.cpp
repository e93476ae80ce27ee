// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tensors of an entry by name, and why they lie in memory.

#include "Parts.h"
#include "descent/Dialect/Descent/RowGroups.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"

using namespace mlir;

namespace descent::report {

Tensors::Tensors(const Program &program, schedule::EntryOp entry)
    : program(program), entry(entry), lives(schedule::collectLives(entry)) {}

std::string Tensors::nameFixed(schedule::PlaceAttr place) const {
  for (schedule::PlaceOp fixed : program.fixed)
    if (fixed.getPlace().overlaps(place))
      return fixed.getSymbol().str();
  return "";
}

std::string Tensors::nameLife(unsigned number) const {
  unsigned writer = lives.lives[number].writer, same = 0, before = 0;
  for (unsigned i = 0; i < lives.lives.size(); ++i)
    if (lives.lives[i].writer == writer) {
      ++same;
      before += i < number;
    }
  std::string name = "#" + std::to_string(writer);
  return same > 1 ? name + "." + std::to_string(before) : name;
}

std::string Tensors::nameRead(unsigned launch,
                              schedule::PlaceAttr place) const {
  // A result in the place of an operand was not there yet when that was read.
  for (int64_t i = int64_t(lives.lives.size()) - 1; i >= 0; --i) {
    const schedule::Life &life = lives.lives[i];
    if (llvm::is_contained(life.readers, launch) && life.place.overlaps(place))
      return nameLife(i);
  }
  std::string name = nameFixed(place);
  if (!name.empty())
    return name;
  for (auto control : program.module.getBody()->getOps<schedule::ControlOp>())
    if (control.getPlace().overlaps(place))
      return "control";
  return "arena";
}

std::string Tensors::nameWritten(unsigned launch,
                                 schedule::PlaceAttr place) const {
  for (auto [i, life] : llvm::enumerate(lives.lives))
    if (life.writer == launch && life.place.overlaps(place))
      return nameLife(i);
  std::string name = nameFixed(place);
  return name.empty() ? "arena" : name;
}

std::string Tensors::nameOutput(unsigned number) const {
  const schedule::Life &life = lives.lives[number];
  std::string names;
  for (auto output : entry.getBody().getOps<schedule::OutputOp>()) {
    if (!output.getPlace().overlaps(life.place))
      continue;
    // Only the last one there is what the host finds.
    bool isLast =
        llvm::none_of(ArrayRef(lives.lives).drop_front(number + 1),
                      [&](const schedule::Life &later) {
                        return later.place.overlaps(output.getPlace());
                      });
    if (isLast)
      names += (names.empty() ? "" : ", ") + output.getName().str();
  }
  return names;
}

/// The loop nest of a part that computes its result of that number.
static descent::KernelOp nestOfResult(Operation *part, unsigned result) {
  auto group = dyn_cast<RowGroupOp>(part);
  return cast<descent::KernelOp>(
      group ? group.getReturned()[result].getDefiningOp() : part);
}

Json Tensors::describe(unsigned number) const {
  const schedule::Life &life = lives.lives[number];
  schedule::LaunchOp writer = lives.launches[life.writer];
  schedule::KernelOp kernel = program.kernelOf(writer);
  StringRef kind;
  for (auto [i, part] : llvm::enumerate(kernel.getParts())) {
    unsigned first = kernel.getFirstResult(i);
    for (OpResult result : part->getResults()) {
      unsigned number = result.getResultNumber();
      if (writer.getOperandRange(kernel, kernel.getWrite(first + number),
                                 result.getType()) != life.place)
        continue;
      kind = kindOf(nestOfResult(part, number));
    }
  }
  Json json = {{"name", nameLife(number)},
               {"kind", kind.str()},
               {"label", writer.getLabel().value_or(writer.getKernel()).str()}};
  if (std::string output = nameOutput(number); !output.empty())
    json["output"] = output;
  json["slab"] = life.place.getSlab().getValue().str();
  json["offset"] = life.place.getOffset();
  json["size"] = life.place.getSize();
  json["first"] = life.born;
  json["last"] = life.last;
  json["writer"] = life.writer;
  json["readers"] = life.readers;
  return json;
}

bool Tensors::isGathered(unsigned launch, schedule::PlaceAttr place) const {
  schedule::LaunchOp op = lives.launches[launch];
  schedule::KernelOp kernel = program.kernelOf(op);
  auto isAt = [&](Value operand) {
    auto argument = dyn_cast<BlockArgument>(lookThroughReshapes(operand));
    if (!argument)
      return false; // a value of a row group, in a register
    if (auto group = dyn_cast<RowGroupOp>(argument.getOwner()->getParentOp()))
      argument =
          cast<BlockArgument>(group->getOperand(argument.getArgNumber()));
    return op
        .getOperandRange(kernel, kernel.getRead(argument.getArgNumber()),
                         argument.getType())
        .overlaps(place);
  };
  for (descent::KernelOp part : nestsOf(kernel)) {
    for (auto [i, input] : llvm::enumerate(part.getInputs()))
      if (isWhole(part.getInputAccess(i)) && isAt(input))
        return true;
    for (auto [i, input] : llvm::enumerate(part.getFinishInputs()))
      if (isWhole(part.getFinishAccess(i)) && isAt(input))
        return true;
  }
  return false;
}

std::string Tensors::explain(unsigned number, unsigned part,
                             descent::KernelOp nest) const {
  schedule::LaunchOp launch = lives.launches[number];
  schedule::KernelOp kernel = program.kernelOf(launch);
  std::string text;
  auto add = [&](const std::string &reason) {
    if (text.find(reason) == std::string::npos)
      text += (text.empty() ? "" : "; ") + reason;
  };
  auto inLoop = [&](unsigned other) {
    return isa<schedule::LoopOp>(lives.launches[other]->getParentOp());
  };
  Operation *written = kernel.getParts()[part];
  unsigned first = kernel.getFirstResult(part);
  for (auto [i, type] : llvm::enumerate(written->getResultTypes())) {
    if (nestOfResult(written, i) != nest)
      continue;
    schedule::PlaceAttr place =
        launch.getOperandRange(kernel, kernel.getWrite(first + i), type);
    if (std::string state = nameFixed(place); !state.empty()) {
      add("the new value of '" + state +
          "', which cannot be computed in its place");
      continue;
    }
    const auto *life =
        llvm::find_if(lives.lives, [&](const schedule::Life &each) {
          return each.writer == number && each.place == place;
        });
    if (life == lives.lives.end()) {
      add("packed with others into an arena");
      continue;
    }
    if (std::string output = nameOutput(life - lives.lives.begin());
        !output.empty())
      add("output '" + output + "' has to lie in memory");
    std::string readers;
    for (unsigned reader : life->readers) {
      if (inLoop(reader) && !inLoop(number))
        add("a loop reads it, so it lies in memory before");
      else if (inLoop(number))
        add("a loop carries it to another place");
      if (isGathered(reader, place))
        add("launch " + std::to_string(reader) +
            " reads it at computed places, so it lies in memory first");
      readers += (readers.empty() ? "" : ", ") + std::to_string(reader);
    }
    if (text.empty() && !readers.empty())
      add("read by " + readers +
          ", in which it cannot be computed, or not as cheaply");
  }
  return text;
}

} // namespace descent::report
