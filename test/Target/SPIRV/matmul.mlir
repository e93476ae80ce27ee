// RUN: descentc %s --target lavapipe --emit spirv | FileCheck %s
// RUN: descentc %s --target portable --emit spirv | FileCheck %s --check-prefix=MINIMAL

// Nothing optional is asked for by the portable profile.
// MINIMAL-NOT: OpCapability
// MINIMAL: OpCapability Shader
// MINIMAL-NOT: OpCapability
// MINIMAL: OpEntryPoint GLCompute %{{.*}} "main"

// Buffers that are only read say so; four elements are loaded at once; products feed sums as multiply-adds, and no other
// arithmetic may be contracted.
// MINIMAL-DAG: OpDecorate %{{.*}} NonWritable
// MINIMAL-DAG: OpDecorate %{{.*}} NoContraction
// MINIMAL-DAG: OpTypeVector %float 4
// MINIMAL: OpLoopMerge
// MINIMAL: OpLoad %v4float
// MINIMAL: OpExtInst %float %{{.*}} Fma
// MINIMAL-NOT: RelaxedPrecision

// On lavapipe four elements are two words of 64 bits, and lanes load for each other what all of them need.
// CHECK: OpCapability GroupNonUniformShuffle
// CHECK-DAG: OpDecorate %{{.*}} NonWritable
// CHECK-DAG: OpDecorate %{{.*}} NoContraction
// CHECK: OpLoopMerge
// CHECK: %[[WORDS:.*]] = OpLoad %v2ulong
// CHECK-NEXT: OpBitcast %v4float %[[WORDS]]
// CHECK: OpGroupNonUniformShuffle %float %uint_3
// CHECK: OpExtInst %float %{{.*}} Fma
// CHECK-NOT: RelaxedPrecision
descent.input @a : tensor<64x64xf32>
descent.input @b : tensor<64x64xf32>
descent.input @bias : tensor<64xf32>
descent.entry @predict {
  %a = descent.read @a : tensor<64x64xf32>
  %b = descent.read @b : tensor<64x64xf32>
  %bias = descent.read @bias : tensor<64xf32>
  %c = descent.contract %a [0, 2], %b [1, 2] to [0, 1] : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %s = descent.broadcast %bias [1] : tensor<64xf32> to tensor<64x64xf32>
  %r = descent.add %c, %s : tensor<64x64xf32>
  descent.output "r", %r : tensor<64x64xf32>
}
