#!/usr/bin/env bash
# Started by a parent that ignores SIGCHLD, Python's subprocess takes every command for a success.
#
# software   CPython 3.11 (python3), env of GNU coreutils 9.1
# read       Lib/subprocess.py, Popen._try_wait: ECHILD is status 0; wait(2), ECHILD and the notes on SIG_IGN;
#            signal(7): an ignored signal stays ignored over execve
# guess      SIGCHLD is a matter of the process that ignores it; check=True raises for a command that fails, or wait
#            fails loudly.
# behaviour  The kernel reaps the children itself, waitpid says ECHILD, and subprocess makes 0 of it: run(["false"]) has
#            returncode 0 and check_call does not raise.
# matters    Deploy and build tools (scrapyd-deploy, pip, shub) started below such a service report success for what
#            failed; a service therefore resets its own disposition and its children's.
# seen       2026-11-28:
#              as usual: returncode 1, check_call raises
#              SIGCHLD ignored: returncode 0, check_call does not raise
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 --version
env --ignore-signal=CHLD true 2> /dev/null || untried "this env has no --ignore-signal"
cat > look.py << 'PYTHON'
import subprocess

code = subprocess.run(["false"]).returncode
try:
    subprocess.check_call(["false"])
    print(f"returncode {code}, check_call does not raise")
except subprocess.CalledProcessError:
    print(f"returncode {code}, check_call raises")
PYTHON
usual=$(env --default-signal=CHLD python3 look.py)
echo "as usual: $usual"
ignored=$(env --ignore-signal=CHLD python3 look.py)
echo "SIGCHLD ignored: $ignored"
[[ $usual == "returncode 1, check_call raises" ]] || changed "as usual"
[[ $ignored == "returncode 0, check_call does not raise" ]] || changed "with SIGCHLD ignored"
echo "as described"
