// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the model asks for what a launch computes.

#include "descent/Dialect/Schedule/Origins.h"

using namespace mlir;
using namespace descent;

static SmallVector<Location> locationsOf(Operation *part) {
  SmallVector<Location> locations;
  part->walk([&](descent::KernelOp kernel) {
    for (Block *block : {&kernel.getMapBlock(), &kernel.getFinishBlock()})
      for (Operation &op : *block)
        locations.push_back(op.getLoc());
  });
  return locations;
}

Location schedule::locateLaunch(Operation *kernel) {
  // As metadata: what is fused would be sorted out and lose its order.
  SmallVector<Attribute> body;
  for (Location location : locationsOf(kernel))
    body.push_back(LocationAttr(location));
  return FusedLoc::get({kernel->getLoc()},
                       ArrayAttr::get(kernel->getContext(), body),
                       kernel->getContext());
}

Location schedule::locateTogether(
    ArrayRef<std::pair<LaunchOp, schedule::KernelOp>> launches) {
  SmallVector<Location> places;
  SmallVector<Attribute> body;
  for (auto [launch, kernel] : launches) {
    places.push_back(launch.getLoc());
    for (Location location : getBodyLocations(launch, kernel))
      body.push_back(LocationAttr(location));
  }
  MLIRContext *context = places.front()->getContext();
  return FusedLoc::get(places, ArrayAttr::get(context, body), context);
}

SmallVector<Location> schedule::getBodyLocations(LaunchOp launch,
                                                 schedule::KernelOp kernel) {
  SmallVector<Location> own;
  for (Operation *part : kernel.getParts())
    llvm::append_range(own, locationsOf(part));
  auto fused = dyn_cast<FusedLoc>(launch.getLoc());
  auto remembered =
      fused ? dyn_cast_or_null<ArrayAttr>(fused.getMetadata()) : ArrayAttr();
  if (!remembered || remembered.size() != own.size())
    return own;
  return llvm::map_to_vector(remembered, [](Attribute location) {
    return Location(cast<LocationAttr>(location));
  });
}

FileLineColLoc schedule::getPosition(Location location) {
  if (auto position = dyn_cast<FileLineColLoc>(location))
    return position;
  if (auto name = dyn_cast<NameLoc>(location))
    return getPosition(name.getChildLoc());
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return getPosition(call.getCallee());
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (FileLineColLoc position = getPosition(part))
        return position;
  return {};
}
