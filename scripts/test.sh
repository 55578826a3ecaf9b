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
# What talks over sockets and to other processes is timed, and comes after what keeps the processors busy, one test at a time.
over_sockets='^((ScrapingTests|TargetDiscoveryTests|LogReceivingTests|HTTPAPITests|CommandLineClientTests|CollectorTests|NotificationsTests|PerchExportTests|PerchInstrumentationTests|OutboundHTTPTests|ShopTests)\.|AlertRoutingTests\.Alertmanager)'
swift test --skip-build --skip "$over_sockets"
swift test --skip-build --no-parallel --filter "$over_sockets"
