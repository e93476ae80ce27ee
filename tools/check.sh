#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The whole test suite from a fresh clone on a fresh machine: packages, build, tests. `--full` runs the whole matrix, as CI does.
# Tests that want real data read DESCENT_DATA and say what they skip without it. Closes with `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "$0")/.."

case "$*" in
  "" | --full) ;;
  *) echo "usage: check.sh [--full]" >&2; exit 2 ;;
esac

tools/packages.sh test

# The distribution's Python has its torch and numpy; another one that stands before it in PATH may not.
python=
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c 'import numpy, torch' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || { echo "check.sh: no python3 with numpy and torch" >&2; exit 1; }

# Always: a build that was configured without the tests' packages has no tests.
cmake --preset release -DPython3_EXECUTABLE="$(command -v "$python")" >/dev/null
start=$SECONDS
cmake --build --preset release
echo "built in $((SECONDS - start)) s"

"$python" test/suites.py "$@"
