"""Has `scrapy list` write the names of the project's spiders into the file `answer` beside this one.

The server runs `scrapy list` with this directory first in PYTHONPATH, so every Python imports this module when it starts (see
the module `site`). On standard output the names would be among whatever the project prints, or elsewhere (LOG_STDOUT). The
answer comes from the project's spider loader, as for `scrapy crawl`, whatever commands and settings the project has. A
program in place of scrapy that never gets to Scrapy's command line is not disturbed.

For Scrapy 2.8 and later.
"""

import importlib.util
import os
import sys
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))


def _write(text):
    with open(os.path.join(_HERE, "answer"), "w", encoding="ascii") as answer:
        answer.write(text)


def _settings(words):
    """The project's settings, with those of the command line."""
    from scrapy.utils.project import get_project_settings

    settings = get_project_settings()
    for option, value in zip(words, words[1:]):
        if option in ("-s", "--set"):
            name, _, value = value.partition("=")
            settings.set(name, value, priority="cmdline")
    try:
        from scrapy.addons import AddonManager
    except ImportError:
        return settings  # Scrapy before 2.10
    prepare = getattr(AddonManager, "load_pre_crawler_settings", None)
    if prepare is not None:
        prepare(settings)
    return settings


def _loader(settings):
    """The spider loader, and what it has warned of while it loaded the spiders."""
    import warnings

    import scrapy.spiderloader
    from scrapy.utils.misc import load_object

    heard = []

    class Warnings:
        """In place of the module, since a project may have turned warnings off."""

        def __getattr__(self, name):
            return getattr(warnings, name)

        def warn(self, message, *arguments, **options):
            heard.append(str(message).strip())
            print(str(message).strip(), file=sys.stderr)

    scrapy.spiderloader.warnings = Warnings()
    loader = load_object(settings["SPIDER_LOADER_CLASS"])
    return loader.from_settings(settings.frozencopy()), heard


def _list(words):
    import json

    # Programs that the project starts have nothing to do with this.
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places = [place for place in places if os.path.abspath(place or ".") != _HERE]
    os.environ.pop("PYTHONPATH", None)
    if places:
        os.environ["PYTHONPATH"] = os.pathsep.join(places)
    # Stays if the project ends the process.
    _write("begun\n")
    loader, heard = _loader(_settings(words))
    names = [name if isinstance(name, str) else repr(name) for name in loader.list()]
    # JSON has no place for half of a surrogate pair (RFC 8259 section 8.2).
    odd = [ascii(name) for name in names if any("\ud800" <= letter <= "\udfff" for letter in name)]
    heard = [text.encode("utf-8", "backslashreplace").decode() for text in heard]
    _write(json.dumps({"spiders": [] if odd else names, "odd": odd, "warnings": heard}) + "\n")
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # The project may have put anything there.
            pass
    # Whatever the project has registered to be done at the end, or still does in other threads, can add nothing.
    os._exit(0)


def _hook(module):
    execute = module.execute

    def answering(argv=None, settings=None):
        words = list(sys.argv if argv is None else argv)[1:]
        if "list" not in words:
            return execute(argv, settings)
        return _list(words)

    module.execute = answering


class _Finder:
    """Hooks Scrapy's command line when it is imported."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "scrapy.cmdline":
            return None
        sys.meta_path.remove(cls)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                _hook(module)

            spec.loader.exec_module = exec_module
        return spec


def _go_on():
    """Imports the sitecustomize that this one hides, if there is one."""
    sys.path[:] = [place for place in sys.path if os.path.abspath(place or ".") != _HERE]
    spec = PathFinder.find_spec("sitecustomize")
    if spec is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


try:
    _go_on()
finally:
    # Last, so that it comes first.
    sys.meta_path.insert(0, _Finder)
