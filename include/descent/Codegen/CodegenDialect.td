// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `codegen` dialect: attributes in which code generation writes down its decisions.

#ifndef DESCENT_CODEGEN_DIALECT_TD
#define DESCENT_CODEGEN_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Codegen_Dialect : Dialect {
  let name = "codegen";
  let cppNamespace = "::descent::codegen";
  let summary = "How kernels are mapped onto a device";
  let useDefaultAttributePrinterParser = 1;
}

def Codegen_StrategyAttr : AttrDef<Codegen_Dialect, "Strategy"> {
  let mnemonic = "strategy";
  let summary = "how a kernel's iteration space is spread over workgroups, lanes, registers and loops";
  let description = [{
    Speaks of the dimensions of the kernel's normal form (IterationSpace.h): one entry of `lanes`, `tile` and `run` per parallel
    dimension, one of `unroll` per reduction dimension.

    Along parallel dimension d a workgroup covers lanes[d] * tile[d] consecutive indices, of which a lane owns tile[d] (its register
    tile): runs of run[d] consecutive ones, lane after lane, tile[d] / run[d] times. So index = group * lanes * tile + i * lanes * run + lane * run + j,
    for i in [0, tile / run) and j in [0, run). `run` divides `tile` and the extent. Workgroups and lanes are numbered with the last dimension fastest.

    Reductions run in row-major order of their dimensions, unroll[r] consecutive indices of dimension r at a time; `unroll` divides the extent.
    Of a row group, the parallel dimensions are the rows, and `unroll` is for the reduction dimensions, or those inside of the row, of all parts, one part after the other.

    ```mlir
    // A matrix product [512, 512] reduce [512]: 8 lanes along the columns, 8 x 8 results each, four steps of the reduction at a time.
    #codegen.strategy<lanes = [1, 8], tile = [8, 8], run = [1, 8], unroll = [4]>
    ```
  }];
  let parameters = (ins OptionalArrayRefParameter<"int64_t">:$lanes, OptionalArrayRefParameter<"int64_t">:$tile,
                        OptionalArrayRefParameter<"int64_t">:$run, OptionalArrayRefParameter<"int64_t">:$unroll);
  let assemblyFormat = [{
    `<` `lanes` `=` `[` (`]`) : ($lanes^ `]`)? `,` `tile` `=` `[` (`]`) : ($tile^ `]`)? `,`
        `run` `=` `[` (`]`) : ($run^ `]`)? `,` `unroll` `=` `[` (`]`) : ($unroll^ `]`)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Lanes of a workgroup.
    int64_t getWorkgroupSize() const;
    /// Results, of each kind, that a lane computes.
    int64_t getTileSize() const;
  }];
}

#endif // DESCENT_CODEGEN_DIALECT_TD
