#!/usr/bin/env bash
# uv venv --relocatable: `scrapy` is a process called python, with PWD added and variables with a dot removed.
#
# software   uv 0.13.9, pip 26.3, Scrapy 2.19.0, dash as /bin/sh (Debian 12)
# read       uv's reference on `uv venv --relocatable` ("can be moved around and redistributed");
#            crates/uv-install-wheel/src/wheel.rs, format_shebang; astral-sh/uv issue 9915 (names with a dot)
# guess      A relocatable environment differs in how its scripts find Python. What runs is the same as ever: the
#            environment variables that it was given, and a process with the script's name.
# behaviour  The script begins with #!/bin/sh and executes Python, so its process is called python, and pgrep -x scrapy
#            does not find it. The shell hands on an environment of its own: PWD is there although it was not given, and
#            the variable with a dot in its name is gone. Ordinary scripts of uv and pip have none of that (unless their
#            path is too long for the first line). pip writes an ordinary one into the relocatable environment, too.
# matters    Code of a project that reads such a variable works in one environment and not in the other, and a process
#            name is no way to find crawls. Starting `python -m scrapy` avoids the shell, though not the name.
# seen       2026-11-28, started with LANG and shop.currency as the only variables:
#              ordinary, by uv: process scrapy, pgrep -x scrapy finds it: True, LANG shop.currency
#              relocatable, by uv: process python, pgrep -x scrapy finds it: False, LANG PWD
#              relocatable, python -m scrapy: process python, pgrep -x scrapy finds it: False, LANG shop.currency
#              relocatable, Scrapy by pip: process scrapy, pgrep -x scrapy finds it: True, LANG shop.currency
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

[[ $(readlink -f /bin/sh) == */dash ]] || untried "/bin/sh is another shell"
pgrep=$(command -v pgrep) || untried "there is no pgrep"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
((${#tmp} < 90)) || untried "the path is so long that any script begins with a shell"
export UV_CACHE_DIR=$tmp/cache PIP_CACHE_DIR=$tmp/pip-cache PIP_DISABLE_PIP_VERSION_CHECK=1 XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q ordinary
uv/bin/uv venv -q --relocatable relocatable
for environment in ordinary relocatable; do
    uv/bin/uv pip install -q --python $environment --exclude-newer 2026-11-28 scrapy==2.19.0 pip==26.3 ||
        untried "Scrapy cannot be installed"
done

cat > show.py << PYTHON
import os, subprocess, scrapy

class Show(scrapy.Spider):
    name = "show"
    start_urls = ["data:,page"]

    def parse(self, response):
        with open("/proc/self/comm") as file:
            name = file.read().strip()
        found = subprocess.run(["$pgrep", "-x", "scrapy"], capture_output=True, text=True).stdout.split()
        print(f"process {name}, pgrep -x scrapy finds it: {str(os.getpid()) in found},", *sorted(os.environ))
PYTHON

# show WHAT EXPECTED COMMAND...: what the spider sees.
show() {
    local result
    result=$(env -i LANG=C.UTF-8 shop.currency=EUR "${@:3}" runspider --nolog show.py)
    echo "$1: $result"
    [[ $result == "$2" ]] || changed "$1"
}
ordinary="process scrapy, pgrep -x scrapy finds it: True, LANG shop.currency"
show "ordinary, by uv" "$ordinary" ordinary/bin/scrapy
show "relocatable, by uv" "process python, pgrep -x scrapy finds it: False, LANG PWD" relocatable/bin/scrapy
show "relocatable, python -m scrapy" "process python, pgrep -x scrapy finds it: False, LANG shop.currency" \
    relocatable/bin/python -m scrapy
relocatable/bin/python -m pip install -q --force-reinstall --no-deps scrapy==2.19.0 || untried "Scrapy by pip"
show "relocatable, Scrapy by pip" "$ordinary" relocatable/bin/scrapy
echo "as described"
