#!/usr/bin/env bash
# A file that is cut short while bsdtar or zip reads it: zeros in its place or a shorter one, no word, exit status 0.
#
# software   libarchive-tools 3.6.2, tar 1.34, zip 3.0 (Debian 12)
# read       tar(1), "RETURN VALUE": 1 where files were changed while being archived; bsdtar(1), "EXIT STATUS"; zip(1),
#            "DIAGNOSTICS", 18 for files that could not be read
# guess      All of them notice a file that changes under them, as GNU tar does: a backup is known to be doubtful.
# behaviour  GNU tar says so of files that grow or are cut, and exits with 1. bsdtar fills up what is missing with
#            zeros, to the length that it saw first, and zip stores what it got: both silent, with 0. Of a file that is
#            gone all of them say so.
# matters    A spider that opens /dev/stderr for writing, and logrotate's copytruncate, cut logs short. In the copy of a
#            bsdtar there is a log of the full length that ends in zeros, and nothing says that it is none.
# seen       2026-11-28:
#              tar, a file grows: exit 1, file changed as we read it
#              tar, a file is cut: exit 1, File shrank by 4000000 bytes; padding with zeros
#              tar, a file is gone: exit 1, File removed before we read it
#              bsdtar, a file grows: exit 0
#              bsdtar, a file is cut: exit 0
#              bsdtar, a file is gone: exit 1, Cannot stat: No such file or directory
#              zip, a file grows: exit 0
#              zip, a file is cut: exit 0
#              zip, a file is gone: exit 18, No such file or directory
#              the file that was cut, in the archive of bsdtar: 8000000 bytes, of which 4000000 are zeros
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

for tool in tar bsdtar zip; do
    command -v $tool > /dev/null || untried "$tool is not installed"
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
printf '%s\n' "$(tar --version | sed -n 1p)" "$(bsdtar --version)" "$(zip -v | sed -n 2p)"

# archive TOOL CHANGE: has a directory archived into a pipe of which little is read before the change, so that the tool
# has opened the first file and cannot be through with it.
archive() {
    local change=$2 writer status=0 first
    rm -rf tree pipe
    mkdir tree
    head -c 8000000 /dev/urandom | tr '\0' x > tree/log
    head -c 8000000 tree/log > original
    echo status > tree/status
    mkfifo pipe
    case $1 in
        # By name, since a directory may be read in any order; the last only by its directory.
        tar) (cd tree && exec tar -cf - --sort=name .) > pipe 2> said & ;;
        bsdtar) (cd tree && exec bsdtar -cf - log status) > pipe 2> said & ;;
        zip) (cd tree && exec zip -qr0 - log status) > pipe 2> said & ;;
    esac
    writer=$!
    exec 3< pipe
    first=$(head -c 20000 <&3 | base64 -w 0)
    case $change in
        "a file grows") echo more >> tree/log ;;
        "a file is cut") truncate -s 4000000 tree/log ;;
        "a file is gone") rm tree/status ;;
    esac
    { base64 -d <<< "$first" && cat <&3; } > archive
    exec 3<&-
    wait $writer || status=$?
    result="exit $status"
    said=$(head -n 1 said | sed 's/^.*\.\/[a-z]*: //; s/^zip warning: //; s/^.*: \(Cannot stat\)/\1/')
    [[ -z $said ]] || result+=", $said"
    echo "$1, $2: $result"
}

# try TOOL CHANGE EXPECTED
try() {
    archive "$1" "$2"
    [[ $result == "$3" ]] || changed "$1, $2"
}
try tar "a file grows" "exit 1, file changed as we read it"
try tar "a file is cut" "exit 1, File shrank by 4000000 bytes; padding with zeros"
try tar "a file is gone" "exit 1, File removed before we read it"
try bsdtar "a file grows" "exit 0"
try bsdtar "a file is gone" "exit 1, Cannot stat: No such file or directory"
try zip "a file grows" "exit 0"
try zip "a file is cut" "exit 0"
try zip "a file is gone" "exit 18, No such file or directory"
try bsdtar "a file is cut" "exit 0"
bsdtar -xOf archive log > copy
zeros=$(tail -c 4000000 copy | tr -d -c '\0' | wc -c)
echo "the file that was cut, in the archive of bsdtar: $(stat -c %s copy) bytes, of which $zeros are zeros"
[[ $(stat -c %s copy) == 8000000 && $zeros == 4000000 ]] || changed "the copy that bsdtar makes"
cmp -s -n 4000000 copy original || changed "the part that is there"
echo "as described"
