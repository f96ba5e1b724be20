/// Turns poetry.lock (2.x) or Pipfile.lock into requirements with hashes, by a program for the Python of the project,
/// which reads TOML and JSON (3.11 or newer for TOML). It runs nothing of the project. A lock whose digest of
/// `pyproject.toml` or `Pipfile` is not that of the file beside it is refused.
enum LockConversion {
    /// The program; its arguments are the lock and the file to write. A reason to refuse the lock is the last line of
    /// its error output.
    static let program = """
        import hashlib, json, pathlib, sys

        # The TOML file from which the lock was made; nothing without one, or without a parser (Python 3.10).

        def beside(name):
            path = pathlib.Path(sys.argv[1]).with_name(name)
            if not path.is_file():
                return None
            try:
                import tomllib
            except ImportError:
                return None
            return tomllib.loads(path.read_text(encoding="utf-8"))

        def digest(content, **options):
            return hashlib.sha256(json.dumps(content, sort_keys=True, **options).encode()).hexdigest()

        # The values that Poetry's `content-hash` may have (poetry/packages/locker.py).

        def poetry_digests(data):
            whole = data.get("tool", {}).get("poetry", {})
            named = ("requires-python", "dependencies", "optional-dependencies")
            project = {key: data["project"][key] for key in named if data.get("project", {}).get(key) is not None}
            for groups in (data.get("dependency-groups", {}), {}):
                old = () if project or groups else ("dependencies", "source", "extras", "dev-dependencies")
                keys = ("dependencies", "source", "extras", "dev-dependencies", "group")
                part = {key: whole.get(key) for key in keys if key in old or whole.get(key) is not None}
                content = {"project": project} if project else {}
                if groups:
                    content["dependency-groups"] = groups
                yield digest({**content, "tool": {"poetry": part}} if content else part)

        # The value of `_meta.hash.sha256` (plette/pipfiles.py).

        def pipfile_digest(data):
            pypi = {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}
            content = {
                "_meta": {"sources": data.get("source", [pypi]), "requires": data.get("requires", {})},
                "default": data.get("packages", {}),
                "develop": data.get("dev-packages", {}),
            }
            known = ("source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop")
            content.update((key, value) for key, value in data.items() if key not in known)
            return digest(content, separators=(",", ":"))

        # Refuses a lock that its file has outgrown. One without a digest is taken.

        def check(made):
            if made and sys.argv[1].endswith("Pipfile.lock"):
                file = beside("Pipfile")
                if file is not None and made != pipfile_digest(file):
                    raise SystemExit("Pipfile.lock does not fit Pipfile, which was changed after it: run `pipenv lock`")
            elif made:
                file = beside("pyproject.toml")
                if file is not None and made not in poetry_digests(file):
                    raise SystemExit("poetry.lock does not fit pyproject.toml, which was changed after it: run `poetry lock`")

        def poetry(data):
            if not str(data.get("metadata", {}).get("lock-version", "")).startswith("2."):
                raise SystemExit("poetry.lock is of a Poetry before 2: run `poetry lock` with a newer one")
            for package in data.get("package", []):
                if "main" not in package.get("groups", ["main"]) or package.get("optional"):
                    continue
                source = package.get("source", {})
                name = package["name"]
                files = [entry["hash"] for entry in package.get("files", [])]
                if source.get("type") == "legacy":
                    yield "--extra-index-url " + source["url"], None, []
                if source.get("type") == "git":
                    requirement, hashes = "%s @ git+%s@%s" % (name, source["url"], source["resolved_reference"]), []
                elif source.get("type") in ("directory", "file"):
                    requirement, hashes = "./" + source["url"], []
                elif source.get("type") == "url":
                    requirement, hashes = "%s @ %s" % (name, source["url"]), files
                else:
                    requirement, hashes = "%s==%s" % (name, package["version"]), files
                markers = package.get("markers")
                if isinstance(markers, dict):
                    markers = markers.get("main")
                yield requirement, markers, hashes

        def pipfile(data):
            for source in data.get("_meta", {}).get("sources", []):
                if "pypi.org" not in source.get("url", "pypi.org"):
                    yield "--extra-index-url " + source["url"], None, []
            for name, package in data.get("default", {}).items():
                if "version" in package:
                    extras = "[%s]" % ",".join(package["extras"]) if package.get("extras") else ""
                    yield name + extras + package["version"], package.get("markers"), package.get("hashes", [])
                elif "git" in package:
                    yield "%s @ git+%s@%s" % (name, package["git"], package["ref"]), package.get("markers"), []
                else:
                    yield package.get("path") or package["file"], None, []

        text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
        try:
            if sys.argv[1].endswith("Pipfile.lock"):
                data = json.loads(text)
                made, lines = data.get("_meta", {}).get("hash", {}).get("sha256"), list(pipfile(data))
            else:
                import tomllib
                data = tomllib.loads(text)
                made, lines = data.get("metadata", {}).get("content-hash"), list(poetry(data))
            check(made)
        except ImportError:
            raise SystemExit("this lock needs Python 3.11 or newer here: export it as requirements.txt")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SystemExit("the lock cannot be read: %s: %s" % (type(error).__name__, error))
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            for requirement, marker, hashes in lines:
                words = [requirement + (" ; " + marker if marker else "")] + ["--hash=" + entry for entry in hashes]
                file.write(" \\\\\\n    ".join(words) + "\\n")
        """
}
