#!/usr/bin/env bash
# `tee /dev/stderr` or `> /dev/stdout` in a job's helper empties the job's log, when that is a file.
#
# software   Linux 6.18.44, GNU coreutils 9.1, any shell
# read       proc(5), /proc/PID/fd: opening the link of a file opens the file anew; open(2), O_TRUNC
# guess      /dev/stderr is the descriptor that the process has, as it seems to be with a terminal or a pipe: what is
#            written is added to the log.
# behaviour  For a regular file it is a fresh open of that file with O_TRUNC: all that was logged is gone. The job's own
#            descriptor keeps its offset: a log opened for appending goes on at the new end, one that was not has a hole
#            of NULs where the lost lines were. `tee -a` and `>&2` do no harm.
# matters    A runner that gives jobs plain files as logs loses lines that a runner with pipes would keep, and a
#            reader that follows the log waits at an offset that the file does not reach.
# seen       2026-11-28, a log of three lines, the second one by tee:
#              through a pipe: the first, second, third,
#              appended to a file: second, third,
#              a file not opened for appending: second, and 3 NULs, third,
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
tee --version | sed -n 1p
job() {
    echo the first >&2
    echo second | tee /dev/stderr > /dev/null
    echo third >&2
}

{ job 2>&1 > /dev/null; } | cat > piped
job 2>> appended
job 2> plain

# lines FILE: with commas for line feeds.
lines() { tr '\n' , < "$1" | sed 's/,/, /g; s/ $//'; }
echo "through a pipe: $(lines piped)"
echo "appended to a file: $(lines appended)"
[[ $(lines piped) == "the first, second, third," ]] || changed "through a pipe"
[[ $(lines appended) == "second, third," ]] || changed "appended to a file"
nuls=$(tr -dc '\0' < plain | wc -c)
echo "a file not opened for appending: second, and $nuls NULs, third,"
[[ $nuls == 3 && $(tr -d '\0' < plain) == $'second\nthird' ]] || changed "a file not opened for appending"
echo "as described"
