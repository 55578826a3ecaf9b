#!/usr/bin/env bash
# Format, access levels of imports, layers, shell scripts; then a build with warnings as errors and the compiler's check of imports, which
# scripts/test.sh finds done.
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

echo "lint: warnings and declared dependencies"
scripts/build-tests.sh || failed=1

[ "$failed" -eq 0 ] && echo "lint: clean"
exit "$failed"
