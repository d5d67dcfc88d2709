#!/usr/bin/env bash
# Trains the small cnn on Fashion-MNIST. --quick: on a part of the images, once.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/small_cnn
out=${OUT:-build/small_cnn}
images="60000 10000"
epochs=10
batch=100
if [ "${1:-}" = --quick ]; then
  images="2000 500"
  epochs=1
  batch=20
fi

$python examples/fashion_mnist.py $out $images
$symc compile $here/small_cnn.json -o $out/libsmall_cnn.so
$symc train $out/libsmall_cnn.so --data $out/train --validation $out/test --scale x=1/255 --epochs $epochs \
  --batch-size $batch --seed 0 --save $out/w.safetensors --history $out/history.csv
$symc eval $out/libsmall_cnn.so --data $out/test --scale x=1/255 --params $out/w.safetensors
$python $here/plot.py $out
