# The lit suite: which files are tests, which programs they call, which features they may require.
#
# DESCENT_VERIFY_ROUNDTRIP=1 in the environment makes every descent-opt of the suite print, parse and compare what it was given.

import importlib.util
import os
import shutil
import subprocess

import lit.formats

config.name = "descent"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".json", ".test", ".descent"]
config.excludes = ["Inputs", "unit", "conformance", "bench", "fuzz"]
# Inputs of the code generator's own test programs.
config.excludes += ["bench.mlir", "kernels.mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.descent_test_exec_root

path = [config.descent_tools_dir, config.llvm_tools_dir, config.environment.get("PATH", "")]
config.environment["PATH"] = os.pathsep.join(path)
config.environment["FILECHECK_OPTS"] = "-enable-var-scope --allow-unused-prefixes=false"
for name in ("VK_ICD_FILENAMES", "VK_DRIVER_FILES", "XDG_RUNTIME_DIR", "DESCENT_DATA"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%python", "python3"))
config.substitutions.append(("%models", os.path.join(config.descent_source_dir, "models")))
if os.environ.get("DESCENT_VERIFY_ROUNDTRIP") == "1":
    # Not inside a word or a path, and not where a test is about text that does not parse.
    config.substitutions.append((r"(?<![\w/.-])descent-opt(?![\w/.-])(?! [^|]*-verify-diagnostics)",
                                 "descent-opt --verify-roundtrip"))


def succeeds(*command):
    """Whether a program exists and exits with 0."""
    program = shutil.which(command[0], path=config.environment["PATH"])
    if program is None:
        return False
    try:
        return subprocess.run([program, *command[1:]], capture_output=True, timeout=60).returncode == 0
    except subprocess.TimeoutExpired:
        return False


if succeeds("descent-run", "devices") or succeeds("vulkaninfo", "--summary"):
    config.available_features.add("vulkan")
if importlib.util.find_spec("torch"):
    config.available_features.add("torch")
for tool in ("descentc", "descent-opt", "descent-run", "descent-interpret", "descent-conformance-driver"):
    if shutil.which(tool, path=config.descent_tools_dir):
        config.available_features.add(tool)
