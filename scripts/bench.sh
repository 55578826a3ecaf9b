#!/usr/bin/env bash
# Runs the micro-benchmarks of the nested package in release mode. Arguments name the benchmarks to run; none runs all.
# `clients [--check]` measures the libraries that services link, and with --check fails where they take memory that they must not.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build
if [ "${1:-}" = clients ]; then
    shift
    exec swift run --package-path Benchmarks -c release perch-client-bench "$@"
fi
swift run --package-path Benchmarks -c release perch-bench "$@"
