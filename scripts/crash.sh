#!/usr/bin/env bash
# The long forms of the tests that hold storage against faults; what each does and what it survived stands in docs/correctness.md.
#   scripts/crash.sh [KILLS [SEED]]     300 kills, and a seed from the clock, unless given
# Every call that changes a file goes wrong in every way, processes are killed at random moments, every byte of the files has a bit flipped.
# The files lie in memory (/dev/shm) where there is such a folder.
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-300}
seed=${2:-$(date +%s)}
scripts/install-packages.sh build test
swift build -c release --product FaultSweep
# Tests with assertions on, but optimized: every byte of four files takes a quarter of an hour so, and more than one as debug code.
swift build --scratch-path .build-optimized -Xswiftc -O --build-tests
sweep="$(swift build -c release --show-bin-path)/FaultSweep"
base=${TMPDIR:-/tmp}
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then base=/dev/shm; fi
work=$(mktemp -d "$base/perch-crash-XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work

echo "Faults: every call, seed $seed"
status=0
kinds="failure diskFull cutWrite crash crashInWrite powerCut powerCutInPieces failureThenPowerCut"
run_kind() {
    local signal=${1%/*} kind=${1#*/}
    mkdir -p "$TMPDIR/faults-$1"
    "$2" "$signal" "$TMPDIR/faults-$1" "$3" all "$kind" | grep -v '^at ' | sed "s|^|$1: |"
    return "${PIPESTATUS[0]}"
}
export -f run_kind
for signal in metrics traces logs; do for kind in $kinds; do echo "$signal/$kind"; done; done |
    xargs -P "$(nproc)" -I {} bash -c 'run_kind "$@"' _ {} "$sweep" "$seed" || status=1

echo "Kills: $kills at random moments and one or more at each step; flips: every byte"
PERCH_CRASH_KILLS=$kills PERCH_FLIPS=all swift test --scratch-path .build-optimized -Xswiftc -O --skip-build --no-parallel --filter 'CrashTests|FlipTests' || status=1
exit $status
