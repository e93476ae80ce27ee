#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Downloads a data set of four IDX files and checks it: get-data.sh fashion-mnist|mnist DIR
set -euo pipefail

usage() { echo "usage: get-data.sh fashion-mnist|mnist DIR" >&2; exit 2; }
[ $# -eq 2 ] || usage
dir=$2

# MD5 sums as published with the data: by Zalando Research for Fashion-MNIST, and in torchvision's dataset list for MNIST.
case "$1" in
  fashion-mnist)
    base=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
    sums="8d4fb7e6c68d591d4c3dfef9ec88bf0d train-images-idx3-ubyte.gz
25c81989df183df01b3e8a0aad5dffbe train-labels-idx1-ubyte.gz
bef4ecab320f06d8554ea6380940ec79 t10k-images-idx3-ubyte.gz
bb300cfdad3c16e7a12a480ee83cd310 t10k-labels-idx1-ubyte.gz" ;;
  mnist)
    base=https://ossci-datasets.s3.amazonaws.com/mnist
    sums="f68b3c2dcbeaaa9fbdd348bbdeb94873 train-images-idx3-ubyte.gz
d53e105ee54ea40749a09fcbcd1e9432 train-labels-idx1-ubyte.gz
9fb629c4189551a2d022fa330f9573f3 t10k-images-idx3-ubyte.gz
ec29112dd5afa0611ce80d1b7f02629c t10k-labels-idx1-ubyte.gz" ;;
  *) usage ;;
esac

if command -v curl >/dev/null; then fetch() { curl -fsSL --connect-timeout 20 --retry 2 -o "$2" "$1"; }
elif command -v wget >/dev/null; then fetch() { wget -q -T 20 -t 2 -O "$2" "$1"; }
else echo "get-data.sh: needs curl or wget; install one of them" >&2; exit 1; fi

mkdir -p "$dir"
while read -r sum name; do
  if [ -f "$dir/$name" ] && echo "$sum  $dir/$name" | md5sum --status -c -; then
    echo "$name: already there"
    continue
  fi
  part=$dir/.$name.part
  if ! fetch "$base/$name" "$part"; then
    rm -f "$part"
    echo "get-data.sh: cannot download $base/$name: is there a network connection?" >&2
    exit 1
  fi
  if ! echo "$sum  $part" | md5sum --status -c -; then
    rm -f "$part"
    echo "get-data.sh: $base/$name does not have the published MD5 sum $sum; nothing was kept of it" >&2
    exit 1
  fi
  mv "$part" "$dir/$name"
  echo "$name: ok"
done <<<"$sums"
