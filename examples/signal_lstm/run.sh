#!/usr/bin/env bash
# Trains an LSTM on 96 months of airline passengers and forecasts the 48 after them. --quick: a few epochs, other folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/signal_lstm
out=${OUT:-build/signal_lstm}
epochs=150
if [ "${1:-}" = --quick ]; then
  epochs=60
fi

$python $here/data.py $out
$symc compile $here/signal_lstm.json -o $out/libsignal_lstm.so
$symc train $out/libsignal_lstm.so --data $out/train --validation $out/test --epochs $epochs --batch-size 1 --repeat 5 \
  --history $out/history.csv
$symc train $out/libsignal_lstm.so --data $out/train --epochs $epochs --batch-size 1 --save $out/w.safetensors
$symc eval $out/libsignal_lstm.so --data $out/train --params $out/w.safetensors
$symc eval $out/libsignal_lstm.so --data $out/test --params $out/w.safetensors

# A month at a time, from C, and a year further than the series.
$symc compile $here/stream.json --params $out/w.safetensors --embed-params -o $out/signal_stream.o
${CC:-cc} -std=c99 -I$out $here/forecast.c $out/signal_stream.o -lm -lpthread -o $out/forecast
tail -n +2 $here/airline.csv | cut -d, -f2 | $out/forecast 12 >$out/forecast.txt

$python $here/plot.py $out
