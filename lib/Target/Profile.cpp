// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of device profiles.

#include "descent/Target/Profile.h"

namespace descent {

// lavapipe: measured with Mesa 22.3 on two AVX2 cores. A load whose address
// differs between lanes is a gather, lane by lane: 3e9 elements a second on two
// cores against some 30e9 multiply-adds of 8 lanes, hence about 16 to 1; four
// elements at once cost 1.6 times less each; a store costs two loads. A
// workgroup is a function call of the driver's. portable: the order of
// magnitude of a small GPU: loads are served by a cache, lanes next to each
// other share cache lines.
static constexpr Profile profiles[] = {
    {/*name=*/"lavapipe",
     /*driver=*/"llvmpipe",
     /*subgroupSize=*/8,
     /*maxWorkgroupSize=*/64,
     /*maxWorkgroupCount=*/65535,
     /*maxBindings=*/4,
     /*minOffsetAlignment=*/256,
     /*vectorWidth=*/4,
     /*maxTile=*/128,
     /*maxUnrolledSteps=*/512,
     /*registers=*/12,
     /*coalesces=*/false,
     /*parallelSubgroups=*/4,
     {/*fma=*/1, /*uniformLoad=*/2, /*varyingLoad=*/16, /*uniformVectorLoad=*/6,
      /*varyingVectorLoad=*/40,
      /*store=*/32, /*vectorStore=*/80, /*integer=*/0.7, /*special=*/20,
      /*start=*/60, /*loop=*/4, /*spill=*/1}},
    {/*name=*/"portable",
     /*driver=*/"",
     /*subgroupSize=*/32,
     /*maxWorkgroupSize=*/64,
     /*maxWorkgroupCount=*/65535,
     /*maxBindings=*/4,
     /*minOffsetAlignment=*/256,
     /*vectorWidth=*/4,
     /*maxTile=*/32,
     /*maxUnrolledSteps=*/256,
     /*registers=*/64,
     /*coalesces=*/true,
     /*parallelSubgroups=*/256,
     {/*fma=*/1, /*uniformLoad=*/3, /*varyingLoad=*/6, /*uniformVectorLoad=*/4,
      /*varyingVectorLoad=*/8, /*store=*/8,
      /*vectorStore=*/12, /*integer=*/1, /*special=*/4, /*start=*/20,
      /*loop=*/4, /*spill=*/1}},
};

llvm::ArrayRef<Profile> allProfiles() { return profiles; }

const Profile *findProfile(llvm::StringRef name) {
  for (const Profile &profile : profiles)
    if (profile.name == name)
      return &profile;
  return nullptr;
}

} // namespace descent
