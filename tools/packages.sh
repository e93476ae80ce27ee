#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installs the packages that descent needs on Debian 12 or Ubuntu 24.04: `packages.sh build`, or `packages.sh test` for the tests' too.
# Does nothing, quickly, when they are all there. Needs root or sudo only when something is missing.
set -euo pipefail

build=(g++ cmake ninja-build ccache git libmlir-19-dev mlir-19-tools llvm-19-dev llvm-19-tools
  libvulkan-dev libvulkan-volk-dev mesa-vulkan-drivers spirv-tools spirv-headers
  nlohmann-json3-dev libcli11-dev libzip-dev zlib1g-dev)
tests=(vulkan-validationlayers libgtest-dev clang-19 libclang-rt-19-dev libfuzzer-19-dev python3 python3-jsonschema python3-numpy python3-torch libopenblas0-openmp unzip clang-format)
# Looks at the report's page. Other distributions have it as a stub for snap at most; there those tests skip and say so.
if grep -qs '^ID=debian$' /etc/os-release; then tests+=(chromium); fi

case "${1:-build}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${tests[@]}") ;;
  *) echo "usage: packages.sh [build|test]" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null; then
  echo "packages.sh: no apt-get here; install the equivalents of: ${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "packages.sh: run as root, or install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
rm -f "$log"
