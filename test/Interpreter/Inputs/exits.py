"""Runs a command and succeeds if it exits with the given code."""

import subprocess
import sys

expected, command = int(sys.argv[1]), sys.argv[2:]
code = subprocess.run(command).returncode
if code != expected:
    sys.exit(f"{' '.join(command)}: expected exit code {expected}, got {code}")
