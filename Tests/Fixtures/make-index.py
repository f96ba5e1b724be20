"""Makes an index of small wheels in a directory, for tests without a network, and prints the SHA-256 of each as JSON.

DIRECTORY/wheels has the wheels and source distributions, DIRECTORY/simple is an index of them (PEP 503); DIRECTORY/other has
the same for a package `privpkg`. The package `scrapy`
is a stand-in: `list` prints the spiders of spiders.txt, `crawl` prints the versions of what is installed.
"""

import base64
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zipfile

SCRAPY = '''
import sys, os, time

def execute():
    words = sys.argv[1:]
    if words[:1] == ["list"]:
        print(open("spiders.txt").read().strip())
        return
    import scrapy
    import w3lib
    if words[1] == "slow":
        print("slow", flush=True)
        time.sleep(600)
    if words[1] == "facts":
        for name in ("cmdline", "environ", "comm"):
            with open("/proc/self/" + name) as file:
                print(name, sorted(file.read().replace(os.environ["SCRAPY_JOB"], "JOB").split(chr(0))))
        print(sorted(os.environ.items())[:2], sys.argv, sys.orig_argv, sys.path, sys.executable, sys.prefix, sys.flags)
        print("looked", getattr(os, "looked", "nowhere"))
    print("scrapy", scrapy.__version__, "w3lib", w3lib.VERSION, "prefix", sys.prefix)
    try:
        open(scrapy.__file__, "a").close()
        print("writable")
    except OSError:
        print("read-only")
    try:
        import hostile
        print("hostile", hostile.USER, hostile.DEEDS)
    except ImportError:
        pass
    print("cached", bool(scrapy.__cached__ and os.path.exists(scrapy.__cached__)))
'''

# What a source distribution is built with, without any other package.
BUILDER = '''
import os, zipfile

def get_requires_for_build_wheel(*_): return []

def pack(place, name, version, files):
    stem = "%s-%s" % (name, version)
    info = stem + ".dist-info/"
    files = dict(files)
    files[info + "METADATA"] = "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" % (name, version) + EXTRA
    files[info + "WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[info + "RECORD"] = "".join(path + ",,\\n" for path in files)
    with zipfile.ZipFile(os.path.join(place, stem + "-py3-none-any.whl"), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return stem + "-py3-none-any.whl"

EXTRA = ""
'''

# It tries to change what is not its own, and says in the package what it could.
HOSTILE = BUILDER + '''
import subprocess, sys

def deeds():
    home = os.environ["HOME"]
    spool = home[:home.index("/tmp/build-")]
    done = []
    def attempt(name, deed):
        try:
            deed()
            done.append(name)
        except Exception:
            pass
    def append(path):
        with open(path, "a") as file:
            file.write("# changed\\n")
    for name in ("environments", "environments/.cache", "projects", "jobs", "tmp", "active", "."):
        place = os.path.join(spool, name)
        attempt("list " + name, lambda: os.listdir(place))
        attempt("write " + name, lambda: append(os.path.join(place, "planted")))
        attempt("chmod " + name, lambda: os.chmod(place, 0o777))
    build = os.path.dirname(os.path.dirname(home))
    for path in ("code/requirements.txt", "code/planted", "made/planted", "home/planted"):
        attempt("write " + path, lambda: append(os.path.join(build, path)))
    for known in open(os.path.join(os.path.dirname(home), "code/known.txt")).read().split():
        attempt("change " + known, lambda: append(known))
        attempt("remove " + known, lambda: os.remove(known))
    for variable in os.environ:
        if "secret" in os.environ[variable]:
            done.append("read " + variable)
    # Where a compiler of byte code, or a copy, would follow it out of here.
    made = os.path.join(os.path.dirname(home), "made", "python", "lib")
    for place, _, _ in list(os.walk(made)):
        if place.endswith("site-packages"):
            os.symlink("/etc/shadow", os.path.join(place, "leak.py"))
            os.symlink("/etc", os.path.join(place, "__pycache__"))
    # It stays, if it can.
    subprocess.Popen(["sleep", "600"], start_new_session=True, stdin=-3, stdout=-3, stderr=-3)
    return done

def build_wheel(place, *_):
    return pack(place, "hostile", "1.0", {"hostile.py": "USER = %d\\nDEEDS = %r\\n" % (os.getuid(), deeds())})
'''

# A stand-in of setuptools: it runs setup.py, or reads setup.cfg, and packs nothing but the metadata.
SETUPTOOLS = BUILDER + '''
import configparser, sys, types

class Backend:
    def get_requires_for_build_wheel(self, *_):
        return []

    def requirements(self):
        words = {}
        if os.path.exists("setup.py"):
            fake = types.ModuleType("setuptools")
            fake.setup = lambda **given: words.update(given)
            fake.find_packages = lambda *_, **__: []
            sys.modules["setuptools"] = fake
            exec(open("setup.py").read(), {"__name__": "__main__", "__file__": "setup.py"})
        config = configparser.ConfigParser()
        config.read("setup.cfg")
        named = config.get("options", "install_requires", fallback="").split()
        return list(words.get("install_requires", [])) + named

    def prepare_metadata_for_build_wheel(self, place, *_):
        name = "shop-1.0.dist-info"
        os.mkdir(os.path.join(place, name))
        with open(os.path.join(place, name, "METADATA"), "w") as file:
            file.write("Metadata-Version: 2.1\\nName: shop\\nVersion: 1.0\\n")
            file.writelines("Requires-Dist: %s\\n" % line for line in self.requirements())
        return name

    def build_wheel(self, place, *_):
        global EXTRA
        EXTRA = "".join("Requires-Dist: %s\\n" % line for line in self.requirements())
        return pack(place, "shop", "1.0", {})

__legacy__ = Backend()
'''


def wheel(place, name, version, files, requires=(), scripts=None):
    stem = "%s-%s" % (name.replace("-", "_"), version)
    info = stem + ".dist-info/"
    entries = dict(files)
    entries[info + "METADATA"] = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version) + "".join(
        "Requires-Dist: %s\n" % text for text in requires
    )
    entries[info + "WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if scripts:
        entries[info + "entry_points.txt"] = "[console_scripts]\n" + "".join("%s = %s\n" % item for item in scripts.items())
    record = ""
    for path, text in entries.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += "%s,sha256=%s,%d\n" % (path, digest, len(text.encode()))
    entries[info + "RECORD"] = record + info + "RECORD,,\n"
    with zipfile.ZipFile(place / (stem + "-py3-none-any.whl"), "w") as archive:
        for path, text in entries.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)


def source(place, name, version, backend):
    """A source distribution whose build runs the backend's code."""
    stem = "%s-%s" % (name.replace("-", "_"), version)
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": backend,
        "PKG-INFO": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version),
    }
    with tarfile.open(place / (stem + ".tar.gz"), "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(stem + "/" + path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def main(directory):
    place = pathlib.Path(directory) / "wheels"
    place.mkdir(parents=True)
    for version in ("2.11.2", "2.13.4"):
        files = {"scrapy/__init__.py": "__version__ = %r\n" % version, "scrapy/program.py": SCRAPY}
        # As much of Scrapy as a warm start asks for.
        for name in ("commands/__init__", "settings/__init__", "settings/default_settings"):
            files["scrapy/%s.py" % name] = ""
        files["scrapy/crawler.py"] = "class Crawler:\n    def __init__(self): pass\n"
        wheel(place, "Scrapy", version, files, ["w3lib>=1.2"], {"scrapy": "scrapy.program:execute"})
    for version in ("1.2", "1.3"):
        wheel(place, "w3lib", version, {"w3lib.py": "VERSION = %r\n" % version})
    wheel(place, "needs-old", "1.0", {"needs_old.py": ""}, ["w3lib<1.3"])
    wheel(place, "needs-new", "1.0", {"needs_new.py": ""}, ["w3lib>=1.3"])
    wheel(place, "looks", "1.0", {"looks.pth": "import os; os.looked = os.environ.get('APP_MODE')\n"})
    wheel(place, "breaks", "1.0", {"breaks.pth": "import os; os.system('touch \"$HOME/ran-a-pth\"')\n"})
    hooks = "import os, subprocess, sys, time\ndef get_requires_for_build_wheel(*_): return []\ndef build_wheel(*_):\n"
    source(place, "hangs", "1.0", hooks + "    time.sleep(600)\n")
    source(place, "prints", "1.0", hooks + "    while True: print('x' * 1000)\n")
    source(place, "fails", "1.0", hooks + "    raise SystemExit('there is no compiler for this')\n")
    source(place, "forks", "1.0", hooks + "    subprocess.Popen(['sleep', '600'], start_new_session=True, stdout=-3, stderr=-3)\n    sys.exit('forked')\n")
    source(place, "fills", "1.0", hooks + "    f = open('big', 'wb')\n    while True: f.write(b'x' * (1 << 20)); f.flush()\n")
    source(place, "swells", "1.0", hooks + "    for n in range(400): open('f%d' % n, 'wb').write(b'x' * (1 << 20)); time.sleep(0.05)\n")
    source(place, "hostile", "1.0", HOSTILE)
    wheel(place, "setuptools", "80.0", {"setuptools/__init__.py": "", "setuptools/build_meta.py": SETUPTOOLS})
    other = pathlib.Path(directory) / "other/wheels"
    other.mkdir(parents=True)
    wheel(other, "privpkg", "1.0", {"privpkg.py": "VALUE = 1\n"})
    digests = {}
    for wheels in (place, other):
        digests.update(publish(wheels))
    print(json.dumps(digests))


def publish(wheels):
    """Makes an index of a directory beside it, and gives the digests of the files."""
    digests = {}
    for path in sorted(wheels.iterdir()):
        name = path.name.split("-")[0].lower().replace("_", "-")
        digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        page = wheels.parent / "simple" / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        with open(page, "a") as file:
            file.write('<a href="../../wheels/%s#sha256=%s">%s</a>\n' % (path.name, digests[path.name], path.name))
    return digests


main(sys.argv[1])
