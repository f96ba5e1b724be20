#!/usr/bin/env bash
# `scrapy` started by a spider, in another project's directory, is still in the spider's own project.
#
# software   Scrapy 2.19.0
# read       scrapy/utils/project.py, get_project_settings; scrapy/utils/conf.py, init_env: sets SCRAPY_SETTINGS_MODULE
#            in os.environ and adds the project to sys.path, which children do not inherit
# guess      The project is that of the nearest scrapy.cfg, so cwd= decides, as it does in a shell.
# behaviour  Scrapy puts its settings module into the environment; a child inherits it, and with it set no scrapy.cfg is
#            looked at. In the other directory it cannot even be imported: ModuleNotFoundError. With the variable taken
#            out of the child's environment the command works.
# matters    A spider, pipeline or extension that starts the next crawl ("when done, run the other project") fails; so
#            does a service that was itself started by `scrapy`.
# seen       2026-11-28:
#              from a shell: toys
#              from a spider of another project: ModuleNotFoundError: No module named 'shop'
#              without SCRAPY_SETTINGS_MODULE: toys
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
export PATH=$tmp/venv/bin:$PATH
unset SCRAPY_SETTINGS_MODULE
scrapy version

for project in shop toyshop; do
    mkdir -p $project/$project/spiders
    touch $project/$project/__init__.py $project/$project/spiders/__init__.py
    printf '[settings]\ndefault = %s.settings\n' $project > $project/scrapy.cfg
    printf 'SPIDER_MODULES = ["%s.spiders"]\n' $project > $project/$project/settings.py
done
printf 'import scrapy\n\nclass Toys(scrapy.Spider):\n    name = "toys"\n' > toyshop/toyshop/spiders/toys.py
cat > shop/shop/spiders/books.py << 'PYTHON'
import os, scrapy, subprocess

class Books(scrapy.Spider):
    name = "books"
    start_urls = ["data:,page"]

    def parse(self, response):
        for what, environment in (
            ("from a spider of another project", os.environ),
            ("without SCRAPY_SETTINGS_MODULE", {k: v for k, v in os.environ.items() if k != "SCRAPY_SETTINGS_MODULE"}),
        ):
            done = subprocess.run(["scrapy", "list"], cwd="../toyshop", env=environment, capture_output=True, text=True)
            print(f"{what}: {(done.stdout + done.stderr).splitlines()[-1]}")
PYTHON

shell="from a shell: $(cd toyshop && scrapy list)"
echo "$shell"
[[ $shell == *": toys" ]] || untried "the project does not work"
observed=$(cd shop && scrapy crawl books 2> /dev/null)
echo "$observed"
grep -q "^from a spider of another project: ModuleNotFoundError: No module named 'shop'" <<< "$observed" ||
    changed "from a spider"
grep -qx "without SCRAPY_SETTINGS_MODULE: toys" <<< "$observed" || changed "without the variable"
echo "as described"
