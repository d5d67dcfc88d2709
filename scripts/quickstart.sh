#!/usr/bin/env bash
# From a fresh clone to a trained network in a native library: installs what is missing, builds symc, compiles the small
# CNN, trains it on Fashion-MNIST (60,000 real images) and prints its accuracy on the 10,000 test images.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh symc SymcCompiler

data=/usr/share/datasets/fashion-mnist
out=build/quickstart
symc=build/release/bin/symc
mkdir -p "$out"
"$symc" compile examples/small_cnn/small_cnn.json -o "$out/libsmall_cnn.so"
"$symc" train "$out/libsmall_cnn.so" --in x=$data/train-images-idx3-ubyte.gz --in labels=$data/train-labels-idx1-ubyte.gz \
  --scale x=1/255 --epochs 10 --batch-size 100 --seed 0 --save "$out/small_cnn.safetensors" --history "$out/history.csv" \
  >/dev/null
"$symc" eval "$out/libsmall_cnn.so" --in x=$data/t10k-images-idx3-ubyte.gz --in labels=$data/t10k-labels-idx1-ubyte.gz \
  --scale x=1/255 --params "$out/small_cnn.safetensors" | sed 's/^/Test set: /'
echo "Library: $out/libsmall_cnn.so, header: $out/small_cnn.h, weights: $out/small_cnn.safetensors"
