#!/usr/bin/env bash
# Checks that need no build: format, access levels of imports, layers, and paths that belong to one machine.
# Warnings as errors and the import check of the compiler are part of scripts/test.sh, which builds anyway.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

echo "lint: format"
swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources || failed=1

echo "lint: every import says its access level"
if git grep -nE '^import ' -- 'Sources/*.swift' 'Benchmarks/Sources/*.swift'; then
    echo "write internal, package or public before import" >&2
    failed=1
fi

echo "lint: layers"
scripts/check-layers.sh || failed=1

echo "lint: shell scripts parse"
for script in scripts/*.sh .ci/run; do bash -n "$script" || failed=1; done

[ "$failed" -eq 0 ] && echo "lint: clean"
exit "$failed"
