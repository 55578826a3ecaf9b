#!/usr/bin/env bash
# Builds everything, tests included, with every warning an error, and refuses imports of targets that are no declared dependency.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build
export PERCH_WARNINGS=errors
swift build --build-tests --explicit-target-dependency-import-check error
