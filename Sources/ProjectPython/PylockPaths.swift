/// The paths in a lock of PEP 751, by which it takes packages from the project itself.
package enum PylockPaths {
    /// Whether a lock may have such paths. Where it only looks so, its environment is not shared with other projects, and
    /// that is all.
    package static func areIn(_ lock: String) -> Bool {
        if lock.lowercased().contains("file:") { return true }
        // A key may be written with escapes.
        if lock.contains("\\u") || lock.contains("\\U") { return true }
        var rest = lock[...]
        while let found = rest.firstRange(of: "path") {
            rest = rest[found.upperBound...]
            let next = rest.drop { $0 == "\"" || $0 == "'" || $0 == " " || $0 == "\t" }
            if next.first == "=" { return true }
        }
        return false
    }

    /// A program for the Python of the project, which reads TOML; it runs nothing of the project. Its argument is the lock. A
    /// reason to refuse it is the last line of its error output.
    static let program = """
        import pathlib, sys

        def strings(value, key=""):
            if isinstance(value, dict):
                for name, member in value.items():
                    yield from strings(member, name)
            elif isinstance(value, list):
                for member in value:
                    yield from strings(member, key)
            elif isinstance(value, str):
                yield key, value

        def leads_out(key, value):
            # Readers of URLs drop white space and control characters.
            if "".join(c for c in value if c > " ").lower().startswith("file:"):
                return True
            return key == "path" and (value.startswith("/") or ".." in value.split("/"))

        try:
            import tomllib
            lock = tomllib.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
        except ImportError:
            raise SystemExit("a lock with packages of the project needs Python 3.11 or newer here: export it as requirements.txt")
        except ValueError as error:
            raise SystemExit("the lock cannot be read: %s" % error)
        for key, value in strings(lock):
            if leads_out(key, value):
                raise SystemExit("it takes %s, which is not in the project: only files of the project can be used" % value)
        """
}
