#!/usr/bin/env bash
# Trains a small U-Net to name the shape that each pixel belongs to. --quick: 32 images.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/segmentation
out=${OUT:-build/segmentation}
images=6000
test_images=500
epochs=8
batch=20
if [ "${1:-}" = --quick ]; then
  images=32
  test_images=16
  epochs=25
  batch=8
fi

$python $here/data.py $out $images $test_images
$symc compile $here/segmentation.json -o $out/libsegmentation.so
$symc train $out/libsegmentation.so --data $out/train --validation $out/test --scale x=1/255 --epochs $epochs \
  --batch-size $batch --save $out/w.safetensors --history $out/history.csv
$symc eval $out/libsegmentation.so --data $out/test --scale x=1/255 --params $out/w.safetensors
$symc run $out/libsegmentation.so --in x=$out/test/x.npy --scale x=1/255 --batch-size 20 --params $out/w.safetensors \
  --out classes=$out/classes.npy
$python $here/plot.py $out
