#!/usr/bin/env bash
# A crawl with JOBDIR that is killed and started again is "finished" with most of its pages missing.
#
# software   Scrapy 2.19.0, queuelib 1.10.0
# read       Scrapy documentation, "Jobs: pausing and resuming crawls" (of a safe stop); scrapy/core/scheduler.py,
#            close and _write_dqs_state; queuelib/queue.py: a queue's index is written when it is closed
# guess      JOBDIR keeps queue and seen requests on the disk, so after a crash the crawl goes on, and at worst the few
#            requests that were under way are asked for again.
# behaviour  The queue on the disk can be read only after a clean close, the list of seen requests always. The second
#            run finds no queue, takes each start request for a duplicate, and ends at once: finished, exit 0.
# matters    A job that runs again after a power cut must not be given the JOBDIR of its interrupted attempt.
# seen       2026-11-28 (the first number varies):
#              killed after 40 pages of 200
#              second run: exit 0, finished, 0 pages, start request filtered as duplicate
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

cat > many.py << 'PYTHON'
import scrapy

class Many(scrapy.Spider):
    name = "many"
    custom_settings = {"JOBDIR": "job", "CONCURRENT_REQUESTS": 4, "DOWNLOAD_DELAY": 0.02,
                       "RANDOMIZE_DOWNLOAD_DELAY": False}

    async def start(self):
        yield scrapy.Request("data:,index", self.index)

    def index(self, response):
        for number in range(200):
            yield scrapy.Request(f"data:,{number}", self.page)

    def page(self, response):
        yield {"page": response.text}
PYTHON

exec 3< <(exec venv/bin/scrapy runspider many.py 2>&1)
spider=$!
pages=0
while ((pages < 40)) && IFS= read -r line <&3; do
    if [[ $line == *"Scraped from"* ]]; then pages=$((pages + 1)); fi
done
kill -s KILL $spider
wait $spider 2> /dev/null || true
pages=$((pages + $(grep -c "Scraped from" <&3 || true)))
echo "killed after $pages pages of 200"
((pages < 150)) || untried "the crawl was too fast to be killed in the middle"

status=0
venv/bin/scrapy runspider many.py 2> log || status=$?
more=$(grep -c "Scraped from" log || true)
reason=$(grep -o "'finish_reason': '[a-z]*'" log | cut -d"'" -f4)
filtered=$(grep -c "Filtered duplicate request: <GET data:,index>" log || true)
echo "second run: exit $status, $reason, $more pages," \
    "$( ((filtered == 0)) || echo "start request filtered as duplicate")"
[[ $status == 0 && $reason == finished ]] || changed "the second run says that something is amiss"
((pages + more < 200 && filtered == 1)) || changed "the second run went on"
echo "as described"
