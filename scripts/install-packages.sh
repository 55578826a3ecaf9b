#!/usr/bin/env bash
# Installs the packages of scripts/packages.txt that are missing: Debian's with apt-get, Python's into virtual environments of this checkout.
#   scripts/install-packages.sh build [demo] [test]
# Services that come with a package are not started by the installation.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=()
declare -A python=()
for purpose in "$@"; do
    while read -r name package rest; do
        [ "$name" = "$purpose" ] || continue
        case $package in
            pypi:*) python[${package#pypi:}]+="$rest"$'\n' ;;
            *) wanted+=("$package") ;;
        esac
    done < <(grep -v '^#' scripts/packages.txt)
done

# An environment says in a file what it was made of, and is made anew when that is another list.
install_python() {
    local name folder list log
    for name in "${!python[@]}"; do
        folder=.venv-$name
        list=${python[$name]}
        [ "$(cat "$folder/made-of" 2>/dev/null)"$'\n' = "$list" ] && continue
        echo "Installing with pip into $folder: ${list//$'\n'/ }"
        log=$(mktemp)
        if ! { python3 -m venv --clear "$folder" && printf '%s' "$list" | "$folder/bin/pip" install -q -r /dev/stdin; } >"$log" 2>&1; then
            cat "$log" >&2
            echo "pip could not install into $folder: ${list//$'\n'/ }" >&2
            rm -f "$log"
            return 1
        fi
        rm -f "$log"
        printf '%s' "$list" >"$folder/made-of"
    done
}

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    install_python
    exit
fi

if ! command -v apt-get >/dev/null; then
    echo "These Debian packages are needed, and there is no apt-get to install them with: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Run as root or install sudo; needed: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi

echo "Installing with apt-get: ${missing[*]}"
# Debian starts a service when its package is installed; policy-rc.d (exit 101) asks it not to.
policy=/usr/sbin/policy-rc.d
placed=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    placed=1
fi
trap '[ -z "$placed" ] || "${as_root[@]}" rm -f "$policy"' EXIT

log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
install_python
