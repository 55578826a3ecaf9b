#!/usr/bin/env bash
# Builds the documentation of the libraries for services (DocC) from a debug build, and fails where it names what there is not.
#   scripts/docs.sh [FOLDER]     the archives go to FOLDER, or nowhere
set -euo pipefail
cd "$(dirname "$0")/.."
command -v docc >/dev/null || { echo "docc is not installed; it comes with Swift's toolchain" >&2; exit 1; }
scripts/install-packages.sh build
export PERCH_WARNINGS=errors
libraries=$(find Sources -name '*.docc' -printf '%f\n' | sed 's/\.docc$//' | sort)
swift build
modules=$(swift build --show-bin-path)/Modules
target=$(swiftc -print-target-info | sed -n 's/.*"unversionedTriple": *"\([^"]*\)".*/\1/p' | head -1)
work=$(mktemp -d "${TMPDIR:-/tmp}/perch-docs.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Modules in C that public interfaces lead to.
maps=()
while read -r map; do maps+=(-Xcc "-fmodule-map-file=$map"); done < <(
    find .build/checkouts -path '*/Sources/*' -name module.modulemap
    find Sources -maxdepth 2 -name module.modulemap
    find "$modules/.." -maxdepth 2 -name module.modulemap)

status=0
for library in $libraries; do
    mkdir -p "$work/$library"
    swift-symbolgraph-extract -module-name "$library" -I "$modules" -target "$target" -output-dir "$work/$library" \
        -minimum-access-level public -skip-synthesized-members "${maps[@]}"
    docc convert "Sources/$library/$library.docc" --fallback-display-name "$library" --fallback-bundle-identifier "perch.$library" \
        --additional-symbol-graph-dir "$work/$library" --output-path "${1:-$work}/$library.doccarchive" >"$work/$library.log" 2>&1 || status=1
    # What else docc remarks on, such as parameters without a word of their own, is a matter of taste.
    if grep -E "doesn't exist|isn't available|is ambiguous|^error" -A4 "$work/$library.log"; then status=1; fi
done
[ "$status" = 0 ] && echo "The documentation of $(echo "$libraries" | wc -w) libraries names only what there is."
exit $status
