#!/usr/bin/env bash
# bsdtar reads a zip from a pipe without links and without executable bits; from a file the same zip has both.
#
# software   libarchive 3.6.2 (Debian 12: libarchive-tools and libarchive13 3.6.2-1+deb12u5), zip 3.0 of Info-ZIP
# read       libarchive/archive_read_support_format_zip.c: a seekable reader by the central directory, a streaming one
#            by local headers; APPNOTE.TXT 4.3.12: external file attributes are in the central directory only
# guess      A zip is a zip: `curl … | bsdtar -xf -` and `bsdtar -xf file` make the same tree, or the pipe is refused.
# behaviour  Without seeking only local headers are read, and these have no modes: a symbolic link becomes a file that
#            holds its target's name, an executable becomes 0664. Exit status 0, no warning. bsdtar's own zips too.
# matters    An upload has to be spooled to a file before libarchive reads it, or projects break without a word.
# seen       2026-11-28:
#              from a file: -rwxr-xr-x run, symbolic link
#              from a pipe: -rw-rw-r-- run, regular file
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
chmod 755 .
command -v zip > /dev/null || untried "zip is not installed"
apt-get -q download libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5 > /dev/null 2>&1 ||
    untried "apt-get has no libarchive 3.6.2-1+deb12u5"
for package in *.deb; do dpkg -x "$package" packages; done
bsdtar() { LD_LIBRARY_PATH=$(echo packages/usr/lib/*-linux-gnu) packages/usr/bin/bsdtar "$@"; }
bsdtar --version || untried "a library of bsdtar is missing"

mkdir project
printf '#!/bin/sh\n' > project/run
chmod 755 project/run
ln -s run project/link
zip -qry project.zip project
umask 002

# tree HOW: what has come out.
tree() {
    echo "from a $1: $(stat -c %A "$1"/project/run) run, $(stat -c %F "$1"/project/link)"
}
mkdir file pipe
bsdtar -xf project.zip -C file
bsdtar -xf - -C pipe < <(cat project.zip)
tree file
tree pipe
[[ $(tree file) == "from a file: -rwxr-xr-x run, symbolic link" ]] || changed "from a file"
[[ $(tree pipe) == "from a pipe: -rw-rw-r-- run, regular file" ]] || changed "from a pipe"
echo "as described"
