internal import INI

/// The file of a project that names its packages.
public struct PackageFile: Sendable {
    /// The format of a file.
    public enum Kind: Sendable {
        /// pip's format.
        case requirements
        /// A lock of PEP 751, installed as it is.
        case pylock
        /// A lock that uv exports.
        case uvLock
        /// A lock that ``LockConversion`` turns into requirements.
        case poetryLock, pipfileLock
        /// Metadata of a package: `pyproject.toml`, `setup.py`, `setup.cfg`.
        case project
    }

    /// The path in the directory that it was looked for in.
    public let path: String
    /// Its format.
    public let kind: Kind
    /// Its content.
    let content: String
    /// The Pythons that the project accepts, and the file that names them; nil if any.
    let python: (specifier: PythonSpecifier, source: String)?
    /// Versions of packages that are newer than this are not used; nil for all.
    let excludedAfter: String?

    /// The most bytes of one of these files.
    static let limit = 16 << 20

    /// Finds the file; nil if the project names no packages.
    ///
    /// - Parameter read: reads a file by its path; nil if there is none.
    public static func find(
        _ read: (String) throws(EnvironmentFailure) -> [UInt8]?
    ) throws(EnvironmentFailure) -> PackageFile? {
        func text(_ path: String) throws(EnvironmentFailure) -> String? {
            guard let bytes = try read(path) else { return nil }
            guard bytes.count <= limit else {
                throw EnvironmentFailure(.packages, "\(path) is longer than \(limit >> 20) MiB")
            }
            guard var text = String(validating: bytes, as: UTF8.self) else {
                throw EnvironmentFailure(.packages, "\(path) is not UTF-8: save it as UTF-8")
            }
            if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
            return text
        }
        let own = try section(of: try text("scrapy.cfg"))
        var found: (String, Kind, String)?
        let stack = try text("scrapinghub.yml")
        if let named = own["requirements"] ?? scrapinghubFile(stack) {
            guard isInside(named) else {
                throw EnvironmentFailure(.packages, "\(named) is not in the project: name a file of the project")
            }
            guard let content = try text(named) else {
                throw EnvironmentFailure(
                    .packages, "The project names \(named) as the file with its packages, and there is no such file")
            }
            found = (named, kind(of: named), content)
        }
        for (name, kind) in candidates where found == nil {
            guard let content = try text(name), names(kind, name, content) else { continue }
            found = (name, kind, content)
        }
        guard let (path, kind, content) = found else { return nil }
        let python = try python(own["python"], kind, content, text)
        return PackageFile(
            path: path, kind: kind, content: content, python: python, excludedAfter: own["exclude-newer"])
    }

    private static let candidates: [(String, Kind)] = [
        ("pylock.toml", .pylock), ("uv.lock", .uvLock), ("poetry.lock", .poetryLock), ("Pipfile.lock", .pipfileLock),
        ("requirements.lock", .requirements), ("requirements.txt", .requirements), ("pyproject.toml", .project),
        ("setup.py", .project), ("setup.cfg", .project),
    ]

    private static func kind(of path: String) -> Kind {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if let known = candidates.first(where: { $0.0 == name }) { return known.1 }
        return name.hasPrefix("pylock.") && name.hasSuffix(".toml") ? .pylock : .requirements
    }

    /// Whether a file that may be there for other purposes names packages: many projects have a `setup.py` for
    /// scrapyd, or a `pyproject.toml` for their tools.
    private static func names(_ kind: Kind, _ path: String, _ content: String) -> Bool {
        guard kind == .project else { return true }
        guard path == "pyproject.toml" else { return content.contains("install_requires") }
        let toml = TOMLLines(content)
        return toml.has("dependencies", in: "project") || toml.has(table: "tool.poetry.dependencies")
            || toml.strings("dynamic", in: "project").contains("dependencies")
    }

    private static func isInside(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
    }

    /// The section `[scrapy-spool]` of a `scrapy.cfg`.
    private static func section(of text: String?) throws(EnvironmentFailure) -> [String: String] {
        guard let text else { return [:] }
        var values: [String: String] = [:]
        do throws(INIError) {
            let document = try INIDocument(parsing: text)
            for key in ["requirements", "python", "exclude-newer"] {
                guard let value = try document.value(section: "scrapy-spool", key: key)?.text, !value.isEmpty else {
                    continue
                }
                values[key] = value
            }
        } catch {
            throw EnvironmentFailure(.packages, "scrapy.cfg, line \(error.line): \(error.message)")
        }
        return values
    }

    /// The file that a `scrapinghub.yml` names: `requirements_file: F`, or `requirements:` with `file: F` below it.
    private static func scrapinghubFile(_ text: String?) -> String? {
        var isBelow = false
        for line in (text ?? "").split(whereSeparator: \.isNewline) {
            let body = line.prefix { $0 != "#" }
            guard let colon = body.firstIndex(of: ":") else { continue }
            let key = body[..<colon].drop(while: \.isWhitespace)
            let value = body[body.index(after: colon)...].filter { !$0.isWhitespace && $0 != "'" && $0 != "\"" }
            if key == "requirements_file", !value.isEmpty { return value }
            let isIndented = body.first?.isWhitespace == true
            if isBelow, isIndented, key == "file", !value.isEmpty { return value }
            if key == "requirements", value.isEmpty { isBelow = true } else if !isIndented { isBelow = false }
        }
        return nil
    }

    // MARK: Python

    private static func python(
        _ own: String?, _ kind: Kind, _ content: String, _ text: (String) throws(EnvironmentFailure) -> String?
    ) throws(EnvironmentFailure) -> (specifier: PythonSpecifier, source: String)? {
        var wish: (text: String, source: String)? = own.map { ($0, "scrapy.cfg") }
        let pinned = try text(".python-version")
        if wish == nil, let line = pinned.flatMap(firstLine) { wish = (line, ".python-version") }
        if wish == nil, let pyproject = try text("pyproject.toml") {
            let toml = TOMLLines(pyproject)
            wish =
                (toml.string("requires-python", in: "project") ?? toml.string("python", in: "tool.poetry.dependencies"))
                .map { ($0, "pyproject.toml") }
        }
        if wish == nil, kind == .pylock || kind == .uvLock {
            wish = TOMLLines(content).string("requires-python", in: "").map { ($0, "the lock") }
        }
        if wish == nil, kind == .poetryLock {
            wish = TOMLLines(content).string("python-versions", in: "metadata").map { ($0, "poetry.lock") }
        }
        guard let wish else { return nil }
        guard let specifier = PythonSpecifier(wish.text) else {
            throw EnvironmentFailure(
                .python,
                "\(wish.source) asks for Python \"\(wish.text)\", which is not understood: write a version as in 3.12, "
                    + "or limits as in >=3.10,<3.13")
        }
        return (specifier, wish.source)
    }

    private static func firstLine(_ text: String) -> String? {
        text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
            .first { !$0.isEmpty && !$0.hasPrefix("#") }
    }
}
