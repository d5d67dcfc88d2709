#!/usr/bin/env bash
# Builds everything and runs all tests; the last line is `N passed, M failed, K skipped`. Of what is long (thousands of
# random graphs) a seeded sample, with --all the whole.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1-}" in
"") ;;
--all) export SYMC_TEST_ALL=1 ;;
*) echo "usage: scripts/test.sh [--all]" >&2 && exit 2 ;;
esac
scripts/build.sh all test-programs
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
lit-22 -sv --output "$results" build/release/test || status=$?
python3 - "$results" <<'PY'
import collections, json, sys
codes = collections.Counter(test["code"] for test in json.load(open(sys.argv[1]))["tests"])
passed = codes.pop("PASS", 0) + codes.pop("XFAIL", 0) + codes.pop("FLAKYPASS", 0)
skipped = codes.pop("UNSUPPORTED", 0) + codes.pop("SKIPPED", 0) + codes.pop("EXCLUDED", 0)
print(f"{passed} passed, {sum(codes.values())} failed, {skipped} skipped")
PY
exit $status
