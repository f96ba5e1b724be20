#!/usr/bin/env bash
# SCRAPY_PROJECT set to the very name that scrapy.cfg gives the project: no settings, no spiders, exit status 0.
#
# software   Scrapy 2.8.0, 2.19.0
# read       Scrapy documentation, "Command line tool" (SCRAPY_PROJECT chooses among projects that share a directory);
#            scrapy/templates/project/scrapy.cfg (project = NAME); scrapy/utils/conf.py, init_env
# guess      The one project of the directory is found by its name, or by `default`; a name that is not there is an
#            error, as `scrapy list` outside of any project is (exit status 2).
# behaviour  The variable names an option of [settings], of which startproject makes `default` only. If that option is
#            missing, Scrapy goes on without the project's settings: `scrapy list` prints no name and exits with 0,
#            BOT_NAME is scrapybot, `scrapy crawl` does not know the spider. With SCRAPY_SETTINGS_MODULE set as well
#            (and the project on the path, as scrapyd has it) nothing of this shows.
# matters    What worked below scrapyd, which sets both variables, has no spiders where only the one is handed on; and
#            who asks a project for its spiders is told "none" with success.
# seen       2026-11-28, the same for both versions:
#              no variable: exit 0, books, bot lab
#              SCRAPY_PROJECT=lab: exit 0, no name, bot scrapybot
#              both variables, as in a job of scrapyd: exit 0, books, bot lab
#              SCRAPY_PROJECT=lab scrapy crawl: exit 1, KeyError: 'Spider not found: books'
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
unset SCRAPY_PROJECT SCRAPY_SETTINGS_MODULE
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"

# install VERSION DAY REQUIREMENT…: makes the environment, and a project by Scrapy's template.
install() {
    rm -rf lab
    uv/bin/uv venv -q --clear venv
    uv/bin/uv pip install -q --python venv --exclude-newer "$2" scrapy=="$1" "${@:3}" ||
        untried "Scrapy $1 cannot be installed"
    PATH=$tmp/venv/bin:$PATH
    scrapy version
    scrapy startproject lab > /dev/null
    (cd lab && scrapy genspider books example.org > /dev/null)
    grep -qx "project = lab" lab/scrapy.cfg || changed "the template of scrapy.cfg does not name the project"
}

# look EXPECTED WHAT [NAME=VALUE…]: spiders and settings with these variables.
look() {
    local status=0 names bot result
    names=$(cd lab && env "${@:3}" scrapy list 2>&1) || status=$?
    bot=$(cd lab && env "${@:3}" scrapy settings --get BOT_NAME)
    result="exit $status, $(xargs <<< "${names:-no name}"), bot $bot"
    echo "$2: $result"
    [[ $result == "$1" ]] || changed "$2"
}

for version in 2.8.0 2.19.0; do
    case $version in
        2.8.0) install $version 2023-03-01 "setuptools<67" ;;
        *) install $version 2026-11-28 ;;
    esac
    look "exit 0, books, bot lab" "no variable"
    look "exit 0, no name, bot scrapybot" "SCRAPY_PROJECT=lab" SCRAPY_PROJECT=lab
    look "exit 0, books, bot lab" "both variables, as in a job of scrapyd" \
        SCRAPY_PROJECT=lab SCRAPY_SETTINGS_MODULE=lab.settings PYTHONPATH=.
    status=0
    (cd lab && SCRAPY_PROJECT=lab scrapy crawl books) &> log || status=$?
    echo "SCRAPY_PROJECT=lab scrapy crawl: exit $status, $(tail -n 1 log)"
    [[ "$status $(tail -n 1 log)" == "1 KeyError: 'Spider not found: books'" ]] || changed "scrapy crawl"
done
echo "as described"
