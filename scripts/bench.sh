#!/usr/bin/env bash
# Runs the micro-benchmarks of the nested package in release mode. Arguments name the benchmarks to run; none runs all.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build
swift run --package-path Benchmarks -c release perch-bench "$@"
