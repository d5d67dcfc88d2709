#!/usr/bin/env bash
# Blurs, sharpens and finds the edges of a photograph. --quick: of a part of it.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/convolution
out=${OUT:-build/convolution}
size=256
if [ "${1:-}" = --quick ]; then
  size=48
fi

$python $here/data.py $out $size
$symc compile $here/convolution.json -o $out/libconvolution.so
$symc run $out/libconvolution.so --in x=$out/x.npy --scale x=1/255 \
  --out blur=$out/blur.npy,sharpen=$out/sharpen.npy,edges=$out/edges.npy
$python $here/plot.py $out
