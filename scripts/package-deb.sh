#!/usr/bin/env bash
# Makes a Debian package of a binary: the program, the hardened unit, a configuration to begin with, completion of shells.
#   scripts/package-deb.sh [BINARY [FOLDER]]     by default the release binary of this checkout, into the current folder
# Installed, Perch runs as a user of its own with its data in /var/lib/perch: systemctl enable --now perch
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
binary=${1:-$root/.build/release/perch}
into=${2:-.}
[ -x "$binary" ] || { echo "there is no program at $binary; make build" >&2; exit 1; }

version=$("$binary" version | awk '{ print $2 }')
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/perch
umask 022

install -D -m 0755 "$binary" "$tree/usr/bin/perch"
strip --remove-section=.comment --remove-section=.note "$tree/usr/bin/perch" 2>/dev/null || true
install -D -m 0644 "$root/deploy/systemd/perch.service" "$tree/usr/lib/systemd/system/perch.service"
install -D -m 0644 "$root/deploy/debian/perch.yml" "$tree/etc/perch/perch.yml"
install -D -m 0644 "$root/alerts/perch.yml" "$tree/etc/perch/alerts/perch.yml"
mkdir -p "$tree/usr/share/doc/perch" "$tree/usr/share/bash-completion/completions" "$tree/usr/share/zsh/vendor-completions" \
    "$tree/usr/share/fish/vendor_completions.d" "$tree/usr/share/man/man1"
"$binary" --generate-completion-script bash >"$tree/usr/share/bash-completion/completions/perch"
"$binary" --generate-completion-script zsh >"$tree/usr/share/zsh/vendor-completions/_perch"
"$binary" --generate-completion-script fish >"$tree/usr/share/fish/vendor_completions.d/perch.fish"
gzip -9nc "$root/deploy/debian/perch.1" >"$tree/usr/share/man/man1/perch.1.gz"
cat >"$tree/usr/share/doc/perch/copyright" <<'COPYRIGHT'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: perch

Files: *
Copyright: 2026 the authors of Perch
License: Apache-2.0
 On Debian systems, the text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.
COPYRIGHT
{ echo "perch ($version) unstable; urgency=medium"; echo; echo "  * See CHANGELOG.md of the sources."; echo
  echo " -- The authors of Perch <perch@example.org>  $(LC_ALL=C date -u -d "@${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}" '+%a, %d %b %Y %H:%M:%S +0000')"; } |
    gzip -9nc >"$tree/usr/share/doc/perch/changelog.gz"

mkdir -p "$tree/DEBIAN"
find "$tree/etc" -type f -printf '/etc/%P\n' | LC_ALL=C sort >"$tree/DEBIAN/conffiles"
install -m 0755 "$root/deploy/debian/postinst" "$root/deploy/debian/prerm" "$root/deploy/debian/postrm" "$tree/DEBIAN/"
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"

# The libraries that the program asks the loader for, as packages.
mkdir -p "$work/debian"
printf 'Source: perch\n\nPackage: perch\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info "$tree/usr/bin/perch" 2>/dev/null | sed -n 's/^shlibs:Depends=//p') || depends=
[ -n "$depends" ] || depends="libc6, libsqlite3-0, zlib1g, libzstd1, libsnappy1v5, libxxhash0"
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@DEPENDS@/$depends/" \
    -e "s/@SIZE@/$(du -ks --exclude=DEBIAN "$tree" | cut -f1)/" "$root/deploy/debian/control" >"$tree/DEBIAN/control"

mkdir -p "$into"
package=$into/perch_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "$package"
