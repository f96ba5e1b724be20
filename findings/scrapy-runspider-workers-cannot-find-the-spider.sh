#!/usr/bin/env bash
# Workers of a spider do not find the spider's own file under `scrapy runspider`; under `scrapy crawl` they do.
#
# software   Scrapy 2.19.0, Python 3.11 (spawn and forkserver; forkserver is the default for Linux from 3.14 on)
# read       scrapy/commands/runspider.py, _import_file (the directory leaves sys.path after the import); Python
#            documentation, multiprocessing, "Contexts and start methods" and "Programming guidelines"
# guess      By spawn everything works that is at the top of a module that can be imported, and the file of the spider
#            is one: runspider has just imported it by its name. What works with runspider works in a project.
# behaviour  sys.path has the file's directory only while it is imported. Each worker gets the sys.path of later, finds
#            no module of that name and ends: BrokenProcessPool, also if the file is in the working directory. With
#            fork, and in a project by crawl, the same code works. With the directory in PYTHONPATH it works, too.
# matters    Spiders that hand parsing to a pool work until Python 3.14 makes forkserver the default. A service that
#            runs single files has to put their directory on the path itself.
# seen       2026-11-28:
#              runspider: fork 4, spawn BrokenProcessPool, forkserver BrokenProcessPool
#              runspider, with PYTHONPATH=.: fork 4, spawn 4, forkserver 4
#              crawl: fork 4, spawn 4, forkserver 4
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

mkdir -p single shop/shop/spiders
touch shop/shop/__init__.py shop/shop/spiders/__init__.py
printf '[settings]\ndefault = shop.settings\n' > shop/scrapy.cfg
echo 'SPIDER_MODULES = ["shop.spiders"]' > shop/shop/settings.py
cat > single/words.py << 'PYTHON'
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import scrapy

def length(text):
    return len(text)

class Words(scrapy.Spider):
    name = "words"
    start_urls = ["data:,page"]

    def parse(self, response):
        results = []
        for method in "fork", "spawn", "forkserver":
            try:
                with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
                    results.append(f"{method} {pool.submit(length, response.text).result()}")
            except Exception as error:
                results.append(f"{method} {type(error).__name__}")
        print(", ".join(results))
PYTHON
cp single/words.py shop/shop/spiders

# look WHAT EXPECTED DIRECTORY COMMAND…: what the workers made of the page.
look() {
    local result
    result=$(cd "$3" && "${@:4}" 2> "$tmp/log")
    echo "$1: $result"
    [[ $result == "$2" ]] || changed "$1"
}
unset PYTHONPATH
works="fork 4, spawn 4, forkserver 4"
look runspider "fork 4, spawn BrokenProcessPool, forkserver BrokenProcessPool" \
    single ../venv/bin/scrapy runspider words.py
grep -q "ModuleNotFoundError: No module named 'words'" log || changed "the module is not what is missing"
look "runspider, with PYTHONPATH=." "$works" single env PYTHONPATH=. ../venv/bin/scrapy runspider words.py
look crawl "$works" shop ../venv/bin/scrapy crawl words
echo "as described"
