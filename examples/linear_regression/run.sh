#!/usr/bin/env bash
# Solves a linear regression by gradient descent and in closed form. --quick is the same: it takes a second.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/linear_regression
out=${OUT:-build/linear_regression}
data="--data $here/diabetes.csv --csv-inputs X=0:10,y=10:11"

mkdir -p $out
$symc grad $here/linear_regression.json --of J --wrt theta
$symc grad $here/linear_regression.json --of J --wrt theta --format latex

# A step sees all 442 patients, so an epoch is a step.
$symc compile $here/linear_regression.json -o $out/liblinear_regression.so
$symc train $out/liblinear_regression.so $data --batch-size 442 --epochs 5000 --save $out/descent.safetensors \
  --history $out/history.csv 2>$out/train.log
$symc eval $out/liblinear_regression.so $data --batch-size 442 --params $out/descent.safetensors
$symc run $out/liblinear_regression.so --function closed_form $data --out qr_solution=$out/closed_form.npy
$symc run $out/liblinear_regression.so --function normal_equations $data --out normal_solution=$out/normal_equations.npy
$symc run $out/liblinear_regression.so --function by_cholesky $data --out cholesky_solution=$out/by_cholesky.npy
$symc run $here/longley.json --data $here/longley.csv --csv-inputs x=1:7,y=0 --out beta=$out/longley.npy

$python $here/compare.py $out
$python $here/plot.py $out
