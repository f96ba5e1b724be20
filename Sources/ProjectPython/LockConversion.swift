/// Turns poetry.lock (2.x) or Pipfile.lock into requirements with hashes, by a program for the Python of the project,
/// which reads TOML and JSON (3.11 or newer for TOML). It runs nothing of the project.
enum LockConversion {
    /// The program; its arguments are the lock and the file to write. A reason to refuse the lock is the last line of
    /// its error output.
    static let program = """
        import json, pathlib, sys

        def poetry(data):
            if not str(data.get("metadata", {}).get("lock-version", "")).startswith("2."):
                raise SystemExit("poetry.lock is of a Poetry before 2: run `poetry lock` with a newer one")
            for package in data.get("package", []):
                if "main" not in package.get("groups", ["main"]) or package.get("optional"):
                    continue
                source = package.get("source", {})
                name = package["name"]
                files = [entry["hash"] for entry in package.get("files", [])]
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
                lines = list(pipfile(json.loads(text)))
            else:
                try:
                    import tomllib
                except ImportError:
                    raise SystemExit("poetry.lock needs Python 3.11 or newer here: export it as requirements.txt")
                lines = list(poetry(tomllib.loads(text)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SystemExit("the lock cannot be read: %s: %s" % (type(error).__name__, error))
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            for requirement, marker, hashes in lines:
                words = [requirement + (" ; " + marker if marker else "")] + ["--hash=" + entry for entry in hashes]
                file.write(" \\\\\\n    ".join(words) + "\\n")
        """
}
