#!/usr/bin/env bash
# Runs the whole suite, warnings being errors. Arguments go to `swift test`, such as --filter NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build test
export PERCH_WARNINGS=errors
swift build --build-tests --explicit-target-dependency-import-check error
swift test --skip-build "$@"
