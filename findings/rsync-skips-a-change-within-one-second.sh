#!/usr/bin/env bash
# rsync -a never sees a change that keeps the size and falls into the second of the last copy.
#
# software   rsync 3.5.0 (Debian 12, package 3.5.0+ds1-0+deb12u1)
# read       rsync(1), --modify-window: the default compares whole seconds, -1 compares nanoseconds
# guess      rsync -a copies and sets nanoseconds, so its quick check compares them as well.
# behaviour  The check compares size and whole seconds. A status that goes from PENDING to RUNNING (seven letters each)
#            in one second, the first copy made between the two, stays PENDING in every later copy. --modify-window=-1
#            copies it.
# matters    A spool is made of small records. One that is replaced by another of the same length within the second of a
#            backup stays old in all later ones, until its length or its second changes.
# seen       2026-11-28:
#              second run says: nothing
#              copy: state=PENDING   original: state=RUNNING
#              with --modify-window=-1: >f..t...... status
#              copy: state=RUNNING
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
chmod 755 .
apt-get -q download rsync=3.5.0+ds1-0+deb12u1 > /dev/null 2>&1 || untried "apt-get has no rsync 3.5.0+ds1-0+deb12u1"
dpkg -x rsync_*.deb package
rsync=package/usr/bin/rsync
$rsync --version | sed -n 1p

mkdir spool
echo state=PENDING > spool/status
touch -d '2026-01-01 12:00:00.1' spool/status
$rsync -a spool/ copy/
echo state=RUNNING > spool/status
touch -d '2026-01-01 12:00:00.9' spool/status

second=$($rsync -ai spool/ copy/)
echo "second run says: ${second:-nothing}"
echo "copy: $(cat copy/status)   original: $(cat spool/status)"
[[ -z $second && $(cat copy/status) == state=PENDING ]] || changed "rsync -a copied the file"
echo "with --modify-window=-1: $($rsync -ai --modify-window=-1 spool/ copy/ | grep status)"
echo "copy: $(cat copy/status)"
[[ $(cat copy/status) == state=RUNNING ]] || changed "--modify-window=-1 does not copy the file"
echo "as described"
