// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of device profiles.

#include "descent/Target/Profile.h"

namespace descent {

// lavapipe: fitted to measurements with Mesa 22.3 on two AVX2 cores, where a
// multiply-add of eight lanes takes about 0.6 ns. Every load is a gather, lane
// by lane, unless its address is uniform and it stands outside of loops (inside
// them the driver does not know that all lanes are active).
// portable: the order of magnitude of a small GPU, whose loads are served by a
// cache.
static constexpr Profile profiles[] = {
    {.name = "lavapipe",
     .driver = "llvmpipe",
     .subgroupSize = 8,
     .maxWorkgroupSize = 64,
     .maxWorkgroupCount = 65535,
     .maxBindings = 4,
     .maxMergedBindings = 16,
     .minOffsetAlignment = 256,
     .vectorWidth = 4,
     .maxTile = 128,
     .maxUnrolledSteps = 1024,
     .registers = 12,
     .pairsWords = true,
     .sharesLoads = true,
     .coalesces = false,
     .parallelSubgroups = 4,
     .costs = {.arithmetic = 1,
               .integer = 0.8,
               .special = 20,
               .load = 19,
               .vectorLoad = 24,
               .uniformLoad = 4,
               .uniformVectorLoad = 8,
               .store = 30,
               .vectorStore = 40,
               .shuffle = 2.5,
               .loop = 3,
               .spill = 0.2,
               .start = 70},
     .compileCosts = {.arithmetic = 0.05,
                      .integer = 0.05,
                      .special = 0.3,
                      .load = 2.6,
                      .vectorLoad = 6,
                      .uniformLoad = 0.2,
                      .uniformVectorLoad = 0.6,
                      .store = 2.6,
                      .vectorStore = 6,
                      .shuffle = 0.15,
                      .loop = 2,
                      .start = 8},
     .maxCompileTime = 600,
     .launches = 1000,
     .unit = 0.285e-6,
     .launchTime = 0.02,
     .idleCode = 0.5},
    {.name = "portable",
     .driver = "",
     .subgroupSize = 32,
     .maxWorkgroupSize = 64,
     .maxWorkgroupCount = 65535,
     .maxBindings = 4,
     .maxMergedBindings = 4,
     .minOffsetAlignment = 256,
     .vectorWidth = 4,
     .maxTile = 32,
     .maxUnrolledSteps = 256,
     .registers = 64,
     .pairsWords = false,
     .sharesLoads = false,
     .coalesces = true,
     .parallelSubgroups = 256,
     .costs = {.arithmetic = 1,
               .integer = 1,
               .special = 4,
               .load = 6,
               .vectorLoad = 8,
               .uniformLoad = 3,
               .uniformVectorLoad = 4,
               .store = 8,
               .vectorStore = 12,
               .loop = 4,
               .spill = 4,
               .start = 20},
     .compileCosts = {.arithmetic = 0.02,
                      .integer = 0.02,
                      .special = 0.1,
                      .load = 0.1,
                      .vectorLoad = 0.1,
                      .uniformLoad = 0.1,
                      .uniformVectorLoad = 0.1,
                      .store = 0.1,
                      .vectorStore = 0.1,
                      .loop = 1,
                      .start = 5},
     .maxCompileTime = 100,
     .launches = 1000,
     .unit = 1e-8,
     .launchTime = 0.003,
     .idleCode = 0},
};

double dot(const Instructions &a, const Instructions &b) {
  return a.arithmetic * b.arithmetic + a.integer * b.integer +
         a.special * b.special + a.load * b.load + a.vectorLoad * b.vectorLoad +
         a.uniformLoad * b.uniformLoad +
         a.uniformVectorLoad * b.uniformVectorLoad + a.store * b.store +
         a.vectorStore * b.vectorStore + a.shuffle * b.shuffle +
         a.loop * b.loop + a.spill * b.spill + a.start * b.start;
}

llvm::ArrayRef<Profile> allProfiles() { return profiles; }

const Profile *findProfile(llvm::StringRef name) {
  for (const Profile &profile : profiles)
    if (profile.name == name)
      return &profile;
  return nullptr;
}

} // namespace descent
