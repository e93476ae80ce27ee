// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent-opt: runs any of the project's passes, and the upstream ones that go
// with them, on MLIR text.

#include "descent/Codegen/Passes.h"
#include "descent/Dialect/Descent/Descent.h"
#include "descent/Dialect/Schedule/Schedule.h"
#include "descent/Dialect/Schedule/SchedulePasses.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<descent::DescentDialect, descent::schedule::ScheduleDialect,
                  descent::codegen::CodegenDialect>();
  mlir::registerTransformsPasses();
  descent::registerDescentTransformsPasses();
  descent::schedule::registerSchedulePasses();
  descent::codegen::registerCodegenPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "descent-opt: passes of the descent compiler\n", registry));
}
