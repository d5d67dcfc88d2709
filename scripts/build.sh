#!/usr/bin/env bash
# Installs what is missing and builds build/release, or the targets given.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-dependencies.sh
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
ninja -C build/release "$@"
