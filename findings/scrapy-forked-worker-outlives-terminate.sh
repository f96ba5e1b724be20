#!/usr/bin/env bash
# Process.terminate() does not end a worker that a spider has forked: it takes SIGTERM for a stop of Scrapy.
#
# software   Scrapy 2.19.0, Twisted 26.10.0, Python 3.11 (fork is the default for Linux before 3.14)
# read       Python documentation, multiprocessing.Process.terminate: "on POSIX this is done using the SIGTERM signal";
#            scrapy/utils/ossignal.py and scrapy/crawler.py, _signal_shutdown; fork(2): dispositions are inherited
# guess      terminate() ends a worker that only sleeps or computes, as in every program without a handler of its own;
#            and Scrapy's handlers are about Scrapy's process.
# behaviour  The fork has Scrapy's Python handler, which asks a reactor to stop that does not run there: the worker logs
#            "Received SIGTERM" at most and goes on. Its exit code is 0, not -15. With spawn, or with SIG_DFL set again
#            in the worker (a Pool has initializer= for that), it ends at once.
# matters    Pool.__exit__ is terminate() and a join without a limit: a crawl that leaves a `with Pool(…)` may wait for
#            ever (by chance: in 5 of 10 crawls on a busy machine). close() and join() before that avoid it.
# seen       2026-11-28:
#              plain Python, fork: -15
#              spider, fork: alive after a second, then 0
#              spider, spawn: -15
#              spider, fork and SIG_DFL: -15
#              finish_reason: finished
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q --python 3.11 venv || untried "there is no Python 3.11"
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 scrapy==2.19.0 || untried "Scrapy cannot be installed"
venv/bin/scrapy version

cat > workers.py << 'PYTHON'
import multiprocessing, signal, time

def wait(ready):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ready.set()
    time.sleep(4)

def terminated(method, target=time.sleep, argument=4, ready=None):
    worker = multiprocessing.get_context(method).Process(target=target, args=(argument,))
    worker.start()
    if ready:
        ready.wait()
    worker.terminate()
    worker.join(1 if method == "fork" else None)
    alive = "alive after a second, then " if worker.is_alive() else ""
    worker.join()
    return f"{alive}{worker.exitcode}"

if __name__ == "__main__":
    print("plain Python, fork:", terminated("fork"))
PYTHON
cat > forks.py << 'PYTHON'
import multiprocessing, os, sys
import scrapy

sys.path.insert(0, os.getcwd())
import workers

class Forks(scrapy.Spider):
    name = "forks"
    start_urls = ["data:,page"]

    def parse(self, response):
        print("spider, fork:", workers.terminated("fork"))
        print("spider, spawn:", workers.terminated("spawn"))
        ready = multiprocessing.get_context("fork").Event()
        print("spider, fork and SIG_DFL:", workers.terminated("fork", workers.wait, ready, ready))

    def closed(self, reason):
        print("finish_reason:", reason)
PYTHON
observed=$(venv/bin/python workers.py && venv/bin/scrapy runspider forks.py 2> /dev/null)
echo "$observed"
[[ $observed == "plain Python, fork: -15
spider, fork: alive after a second, then 0
spider, spawn: -15
spider, fork and SIG_DFL: -15
finish_reason: finished" ]] || changed "workers end otherwise"
echo "as described"
