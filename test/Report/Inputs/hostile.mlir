// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names that would be elements, attributes or cells of a table.
descent.state @"<script>alert(1)</script>" : tensor<8x8xf32> parameter <uniform, -0.1 : f32, 0.1 : f32>
descent.input @"a|b`c" : tensor<4x8xf32>
descent.entry @predict {
  %x = descent.read @"a|b`c" : tensor<4x8xf32>
  %w = descent.read @"<script>alert(1)</script>" : tensor<8x8xf32>
  %p = descent.contract %x [0, 1], %w [1, 2] to [0, 2] : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32> loc("</small></td><b>'label'")
  %q = descent.contract %p [0, 1], %w [1, 2] to [0, 2] : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  descent.output "\"><img src=x>", %q : tensor<4x8xf32>
}
