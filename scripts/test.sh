#!/usr/bin/env bash
# Runs the whole suite, warnings being errors. Arguments go to `swift test`, such as --filter NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build test
scripts/build-tests.sh
export PERCH_WARNINGS=errors
if [ $# -gt 0 ]; then
    exec swift test --skip-build "$@"
fi
# What failed is said again at the end: thousands of lines lie between, and who reads a log of continuous integration may see its end only.
output=$(mktemp "${TMPDIR:-/tmp}/perch-tests.XXXXXX")
trap 'rm -f "$output"' EXIT
run() {
    swift test --skip-build "$@" 2>&1 | tee "$output" && return
    printf '\nWhat failed:\n' >&2
    grep -aE -A 3 '✘|recorded an issue|Fatal error|error: ' "$output" | grep -avE '^--$|[✔◇] | started\.$' | cut -c 1-600 | tail -n 80 >&2 || true
    return 1
}

# What talks over sockets and to other processes is timed, and comes after what keeps the processors busy, one test at a time.
over_sockets='^((ScrapingTests|TargetDiscoveryTests|LogReceivingTests|HTTPAPITests|CommandLineClientTests|CollectorTests|NotificationsTests|PerchExportTests|PerchInstrumentationTests|OutboundHTTPTests|ShopTests)\.|AlertRoutingTests\.Alertmanager)'
run --skip "$over_sockets"
run --no-parallel --filter "$over_sockets"
