#!/usr/bin/env bash
# Fuzzes every parser with libFuzzer: SECONDS for each (60), and the names of parsers, none for all. What is found new is kept in Fuzz/Corpus; input that
# makes a parser trap, or take too long, is left in Fuzz/Findings, and the exit status is 1.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build
seconds=${1:-60}
shift || true
# gold stumbles over what the sanitizer leaves of line numbers.
flags=(--package-path Fuzz -c release -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld)
swift build "${flags[@]}" --product perch-fuzz
program=$(swift build "${flags[@]}" --show-bin-path)/perch-fuzz
parsers=("$@")
[ ${#parsers[@]} -gt 0 ] || mapfile -t parsers < <(ls Fuzz/Corpus)
mkdir -p Fuzz/Findings
# Traps are libFuzzer's to see, so that it keeps the input.
export SWIFT_BACKTRACE=enable=no
failed=()
for parser in "${parsers[@]}"; do
    echo "== $parser, $seconds s"
    work=$(mktemp -d)
    mkdir -p "Fuzz/Corpus/$parser"
    "$program" "$parser" "$work" "Fuzz/Corpus/$parser" "-max_total_time=$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
        "-artifact_prefix=Fuzz/Findings/$parser-" -print_final_stats=1 2>"$work.log" || failed+=("$parser")
    grep -E "stat::number_of_executed_units|stat::average_exec|SUMMARY|^==|precondition" "$work.log" | head -5 || true
    # Only what reaches what nothing else does.
    mkdir "$work.new"
    "$program" "$parser" -merge=1 "$work.new" "Fuzz/Corpus/$parser" "$work" 2>/dev/null || true
    if [ -n "$(ls "$work.new")" ]; then
        rm -rf "Fuzz/Corpus/$parser"
        mv "$work.new" "Fuzz/Corpus/$parser"
    fi
    rm -rf "$work" "$work.log" "$work.new"
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
