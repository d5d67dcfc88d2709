#!/usr/bin/env bash
# Makes the numbers, compiles, trains, asks for 1,000 numbers never seen, shows where the decoder looked.
# With --quick: fewer numbers, fewer times.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/translate
out=${OUT:-build/translate}
numbers=4000 epochs=6 batch=32
if [ "${1:-}" = --quick ]; then
  numbers=1600 epochs=2 batch=16
fi

$python $here/data.py $out $numbers
$symc compile $here/translate.json -o $out/libtranslate.so
$symc train $out/libtranslate.so --data $out/train --validation $out/validation --epochs $epochs --batch-size $batch \
  --seed 1 --history $out/history.csv --save $out/translate.safetensors

asked="$out/libtranslate.so --data $out/validation --params $out/translate.safetensors"
$symc run $asked --function exam
$symc run $asked --out answer=$out/answer.npy --out attention=$out/attention.npy
$python $here/show.py $out $out/translate.svg
