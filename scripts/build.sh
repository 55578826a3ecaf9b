#!/usr/bin/env bash
# Builds the release binary and prints where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v swift >/dev/null || { echo "A Swift 6.2 or later toolchain is needed: https://www.swift.org/install" >&2; exit 1; }
scripts/install-packages.sh build
swift build -c release --product perch "$@"
echo "Built $(swift build -c release --show-bin-path)/perch"
