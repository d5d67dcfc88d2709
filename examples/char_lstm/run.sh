#!/usr/bin/env bash
# Cuts the book into windows, counts for the bigram model, compiles, trains, draws the curves, writes.
# With --quick: once over half as many windows.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/char_lstm
out=${OUT:-build/char_lstm}
step=64 batch=16 epochs=15 orders="2 3 4 6"
if [ "${1:-}" = --quick ]; then
  step=128 batch=8 epochs=1 orders=2
fi

$python $here/data.py $out $step
$python $here/ngram.py $orders | tee $out/ngrams.json
$symc compile $here/char_lstm.json -o $out/libchar_lstm.so
$symc train $out/libchar_lstm.so --data $out/train --validation $out/validation --epochs $epochs --batch-size $batch \
  --history $out/history.csv --save $out/char_lstm.safetensors
$python $here/plot.py $out/char_lstm.svg $out/ngrams.json LSTM=$out/history.csv

# A library with the parameters in it and nothing but `step`, and a C program that writes with it.
$symc compile $here/char_lstm.json --functions step --params $out/char_lstm.safetensors --embed-params -o $out/char_lstm.o
${CC:-cc} -std=c99 -O1 -I$out $here/write.c $out/char_lstm.o -lm -lpthread -o $out/write
for temperature in 0.5 0.8; do
  echo "--- temperature $temperature"
  $out/write "  Alice " 400 $temperature
done
