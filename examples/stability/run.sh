#!/usr/bin/env bash
# Trains one model with five seeds on training sets of several sizes. --quick: two small sets, three seeds.
set -euo pipefail
cd "$(dirname "$0")/../.."
symc=${SYMC:-build/release/bin/symc}
python=${PYTHON:-python3}
here=examples/stability
out=${OUT:-build/stability}
sizes="100 300 1000 3000 10000 60000"
seeds=5
updates=3000
if [ "${1:-}" = --quick ]; then
  sizes="100 1000"
  seeds=3
  updates=200
fi

mkdir -p $out
$symc compile $here/stability.json -o $out/libstability.so
for size in $sizes; do
  $python examples/fashion_mnist.py $out/$size $size 2000
  # About as many updates for every size: batches of 20, but no more than 100 epochs and no fewer than 5.
  epochs=$((updates * 20 / size))
  epochs=$((epochs > 100 ? 100 : epochs < 5 ? 5 : epochs))
  $symc train $out/libstability.so --data $out/$size/train --validation $out/$size/test --scale x=1/255 --epochs $epochs \
    --batch-size 20 --repeat $seeds --history $out/$size.csv >$out/$size.json
done
$python $here/plot.py $out $sizes
