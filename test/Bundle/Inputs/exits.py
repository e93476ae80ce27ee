# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""exits.py CODE COMMAND...: runs a command and fails unless it exits with CODE. Its standard error goes to standard output."""

import subprocess
import sys

result = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(result.stdout, end="")
sys.exit(0 if result.returncode == int(sys.argv[1]) else f"expected exit code {sys.argv[1]}, got {result.returncode}")
