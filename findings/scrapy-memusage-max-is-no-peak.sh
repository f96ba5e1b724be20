#!/usr/bin/env bash
# Scrapy's memusage/max is no maximum: it is looked at once a minute, and never at the end.
#
# software   Scrapy 2.19.0
# read       scrapy/extensions/memusage.py, MemoryUsage.update and engine_started; MEMUSAGE_CHECK_INTERVAL_SECONDS (60)
# guess      memusage/max is the peak of the process: the extension reads ru_maxrss, which the kernel keeps as a peak.
# behaviour  The value is taken at the start and each 60 s. A crawl of some seconds that needs 200 MB more ends with
#            memusage/max equal to memusage/startup, while ru_maxrss of the same process has the peak.
# matters    Memory limits and "how much does this spider need" have to come from wait4(2), not from the stats.
# seen       2026-11-28 (megabytes vary):
#              ru_maxrss 284 MB, memusage/max 80 MB, memusage/startup 80 MB
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

cat > large.py << 'PYTHON'
import resource, scrapy

class Large(scrapy.Spider):
    name = "large"
    start_urls = ["data:,page"]

    def parse(self, response):
        # Each page of it is touched.
        page = bytes(200_000_000).replace(b"\0", b"x")
        yield {"size": len(page)}

    def closed(self, reason):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        stats = self.crawler.stats.get_stats()
        print(peak // 1_000_000, stats["memusage/max"] // 1_000_000, stats["memusage/startup"] // 1_000_000)
PYTHON

read -r peak maximum startup <<< "$(venv/bin/scrapy runspider large.py 2> /dev/null)"
echo "ru_maxrss $peak MB, memusage/max $maximum MB, memusage/startup $startup MB"
((peak > startup + 150)) || untried "the spider did not use the memory"
((maximum < startup + 50)) || changed "memusage/max has the peak"
echo "as described"
