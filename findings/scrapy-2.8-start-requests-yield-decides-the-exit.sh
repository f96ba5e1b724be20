#!/usr/bin/env bash
# In Scrapy 2.8 a `yield` that is never reached decides whether a failed start_requests ends the process with 1 or 0.
#
# software   Scrapy 2.8.0, Twisted 22.10.0
# read       scrapy/crawler.py, Crawler.crawl: start_requests is called before the engine is opened; docs, "Spiders"
# guess      The same exception in the same method of the same spider has the same end.
# behaviour  A start_requests that raises and has no yield is no generator: it raises in the call, and the process exits
#            with 1, but with 0 under `scrapy runspider`. With a yield after the raise it raises when the engine asks for the first request: one ERROR in the
#            log, finish_reason `finished`, exit 0.
# matters    Whoever goes by the exit status sees one of two spiders fail. A test of "an exception at the start" has to
#            say which of them it means.
# seen       2026-11-28:
#              crawl call: exit 1, no finish_reason
#              crawl generator: exit 0, finished
#              runspider seeds/spiders/call.py: exit 0, no finish_reason
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2023-03-01 scrapy==2.8.0 "setuptools<67" ||
    untried "Scrapy cannot be installed"
venv/bin/scrapy version

mkdir -p seeds/spiders
echo '[settings]
default = seeds.settings' > scrapy.cfg
echo 'SPIDER_MODULES = ["seeds.spiders"]' > seeds/settings.py
touch seeds/__init__.py seeds/spiders/__init__.py
cat > seeds/spiders/call.py << 'PYTHON'
import scrapy

class Call(scrapy.Spider):
    name = "call"

    def start_requests(self):
        raise ValueError("no seeds")
PYTHON
sed 's/class Call/class Generator/; s/"call"/"generator"/' seeds/spiders/call.py > seeds/spiders/generator.py
echo '        yield' >> seeds/spiders/generator.py

for case in "crawl call 1 none" "crawl generator 0 finished" "runspider seeds/spiders/call.py 0 none"; do
    read -r command spider expected reason <<< "$case"
    status=0
    venv/bin/scrapy $command "$spider" 2> log || status=$?
    seen=$(grep -o "'finish_reason': '[a-z]*'" log | cut -d"'" -f4 || true)
    echo "$command $spider: exit $status, ${seen:-no finish_reason}"
    [[ "$status ${seen:-none}" == "$expected $reason" ]] || changed "$command $spider ends otherwise"
done
echo "as described"
