#!/usr/bin/env bash
# Cuts the book into windows, compiles, trains, draws the curves beside those of the LSTM (which it trains if examples/char_lstm
# has not been run), writes. With --quick: once over the book, without the LSTM.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/tiny_gpt
out=${OUT:-build/tiny_gpt}
lstm=build/char_lstm
step=16 batch=32 epochs=12
if [ "${1:-}" = --quick ]; then
  step=64 batch=16 epochs=1
elif [ ! -e $lstm/history.csv ]; then
  OUT=$lstm examples/char_lstm/run.sh
fi

$python $here/data.py $out $step
$symc compile $here/tiny_gpt.json -o $out/libtiny_gpt.so
$symc train $out/libtiny_gpt.so --data $out/train --validation $out/validation --epochs $epochs --batch-size $batch --seed 1 \
  --history $out/history.csv --save $out/tiny_gpt.safetensors

if [ "${1:-}" = --quick ]; then
  $python examples/char_lstm/ngram.py >$out/ngrams.json
  $python examples/char_lstm/plot.py $out/tiny_gpt.svg $out/ngrams.json "tiny GPT=$out/history.csv"
else
  $python examples/char_lstm/plot.py $out/tiny_gpt.svg $lstm/ngrams.json "tiny GPT=$out/history.csv" "LSTM=$lstm/history.csv"
fi
$symc run $out/libtiny_gpt.so --function write --params $out/tiny_gpt.safetensors --seed 1 --data $out/write \
  --out text=$out/text.npy
$python $here/sample.py $out
