#!/usr/bin/env bash
# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
# run.sh [CPU]: compiles the two models and calls.c, and runs them on one core. SYMC names another compiler.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
symc=${SYMC:-$here/../../build/release/bin/symc}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for model in dense:dense8 lstm:slstm; do
  "$symc" compile "$here/${model%:*}.json" --cpu "${1:-native}" -o "$out/lib${model#*:}.so"
done
${CC:-cc} -O2 -I "$out" "$here/calls.c" -o "$out/calls" -L "$out" -ldense8 -lslstm -Wl,-rpath,"$out"
taskset -c 0 "$out/calls"
