#!/usr/bin/env bash
# Asks Perch and Debian's prometheus random queries over the same random series, and fails on a difference that nothing explains.
#   scripts/differential.sh [QUERIES [SEED]]     20000 queries, and a seed from the clock, unless given
# PERCH_BINARY names another perch than the one that is built here, such as a release build. See docs/correctness.md.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build test
export PERCH_DIFFERENTIAL=${1:-20000}
export PERCH_DIFFERENTIAL_SEED=${2:-$(date +%s)}
echo "Differential test: $PERCH_DIFFERENTIAL queries, seed $PERCH_DIFFERENTIAL_SEED"
swift build --build-tests
exec swift test --skip-build --no-parallel --filter 'CollectorTests\.Differential'
