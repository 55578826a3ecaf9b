#!/usr/bin/env bash
# The server under load for a long time, pods coming and going: prints its memory, open files and disk, and fails where they grow.
#   scripts/soak.sh [SECONDS]     600 unless given
# PERCH_BINARY names another perch than the release build that is made here. See docs/correctness.md.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build test
if [ -z "${PERCH_BINARY:-}" ]; then
    swift build -c release --product perch
    PERCH_BINARY="$(swift build -c release --show-bin-path)/perch"
fi
export PERCH_BINARY PERCH_SOAK_SECONDS=${1:-600}
swift build --build-tests
exec swift test --skip-build --no-parallel --filter 'CollectorTests\.SoakTests'
