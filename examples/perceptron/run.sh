#!/usr/bin/env bash
# Trains a perceptron on two moons, on XOR and on a curve. --quick: fewer epochs for the first two.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/perceptron
out=${OUT:-build/perceptron}
epochs=60
if [ "${1:-}" = --quick ]; then
  epochs=40
fi

$python $here/data.py $out
$symc compile $here/perceptron.json -o $out/libperceptron.so
for set in moons xor; do
  $symc train $out/libperceptron.so --data $out/$set --epochs $epochs --seed 1 --save $out/$set.safetensors
  $symc eval $out/libperceptron.so --data $out/${set}_test --params $out/$set.safetensors
  $symc run $out/libperceptron.so --in x=$out/${set}_grid/x.npy --params $out/$set.safetensors --out yhat=$out/${set}_grid.npy
done

# The same network with a linear output.
$symc compile $here/regression.json -o $out/libregression.so
$symc train $out/libregression.so --data $out/curve --epochs 200 --seed 1 --save $out/curve.safetensors
$symc eval $out/libregression.so --data $out/curve_test --params $out/curve.safetensors
$symc run $out/libregression.so --in x=$out/curve_grid/x.npy --params $out/curve.safetensors --out yhat=$out/curve_grid.npy

$python $here/plot.py $out
