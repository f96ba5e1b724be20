#!/usr/bin/env bash
# The 52nd crawl that runs at the same time has an error in its log, whatever its spider does.
#
# software   Scrapy 2.19.0, Twisted 26.10.0
# read       scrapy/extensions/telnet.py, start_listening; TELNETCONSOLE_PORT, [6023, 6073]; scrapy/utils/reactor.py,
#            listen_tcp
# guess      The telnet console takes a free port, or does without; crawls of one machine do not know of each other.
# behaviour  51 ports are tried, and when all are taken, an ERROR with a traceback is logged by a signal handler at the
#            start, another at the end (no attribute "port"), and log_count/ERROR is 1 for a crawl that is all right.
# matters    Alarms on errors begin to fire when a machine is busy; with more than 51 slots each crawl has them.
# seen       2026-11-28 (51 listening sockets stand for 51 crawls):
#              exit 0, finished, 3 items
#              CannotListenError: Couldn't listen on 127.0.0.1:6073: [Errno 98] Address already in use.
#              'log_count/ERROR': 1
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 scrapy==2.19.0 || untried "Scrapy cannot be installed"
venv/bin/scrapy version

cat > books.py << 'PYTHON'
import scrapy, socket

# Taken at import, before the console looks for a port.
taken = []
for port in range(6023, 6074):
    try:
        taken.append(socket.create_server(("127.0.0.1", port)))
    except OSError:
        pass  # in use by another crawl, which is as good

class Books(scrapy.Spider):
    name = "books"
    start_urls = ["data:,page"]

    def parse(self, response):
        for number in range(3):
            yield {"number": number}
PYTHON

status=0
venv/bin/scrapy runspider books.py 2> log || status=$?
reason=$(grep -o "'finish_reason': '[a-z]*'" log | cut -d"'" -f4)
items=$(grep -oE "'item_scraped_count': [0-9]+" log | grep -oE '[0-9]+')
echo "exit $status, $reason, $items items"
[[ "$status $reason $items" == "0 finished 3" ]] || changed "the crawl does not end as usual"
grep -m1 -o "CannotListenError: .*" log || changed "no error of the console"
grep -o "'log_count/ERROR': 1" log || changed "the error is not counted"
echo "as described"
