import Glibc

/// An unpacked egg or wheel of a Scrapy project, as setuptools builds it for scrapyd: packages at the top, and a directory with
/// their metadata. It has no `scrapy.cfg`; the settings module is an entry point.
///
/// setuptools, "The Internal Structure of Python Eggs"; PEP 427; "Entry points specification" of the Python Packaging User
/// Guide.
struct Egg {
    /// The most bytes of a file of metadata that is read.
    private static let longest = 1 << 20

    /// The directory with the metadata.
    let metadata: String
    /// The settings module.
    let settings: String
    /// The name of the distribution; nil if it has none.
    let name: String?
    /// The packages that it needs, as lines of a requirements file.
    let requirements: [String]

    /// Finds the metadata among the names at the top. Nil if there is none; throws `built` if none of them names a settings
    /// module.
    init?(in root: Int32, names: [String]) throws(ProjectLayoutError) {
        // The egg's own metadata comes before that of libraries which are packed with it.
        let candidates =
            names.filter { $0 == "EGG-INFO" } + names.filter { $0.hasSuffix(".egg-info") }
            + names.filter { $0.hasSuffix(".dist-info") }
        guard !candidates.isEmpty else { return nil }
        for candidate in candidates {
            guard let points = try Egg.text("entry_points.txt", of: candidate, in: root),
                let module = Egg.settings(in: points)
            else { continue }
            guard Egg.isModule(module) else { throw .badSettings(module) }
            metadata = candidate
            settings = module
            // Eggs have the one, wheels the other.
            var text = try Egg.text("PKG-INFO", of: candidate, in: root)
            if text == nil { text = try Egg.text("METADATA", of: candidate, in: root) }
            name = text.flatMap { Egg.name(in: $0) }
            let requires = try Egg.text("requires.txt", of: candidate, in: root)
            requirements =
                requires.map { Egg.requirements(inRequires: $0) } ?? text.map { Egg.requirements(inMetadata: $0) } ?? []
            return
        }
        throw .noSettings
    }

    /// The name of a project that is pushed without one. scrapyd-deploy calls every distribution `project`; only the
    /// package distinguishes them.
    var project: String {
        let package = settings.split(separator: ".").first.map(String.init) ?? settings
        guard let name, name.lowercased() != "project", name != "UNKNOWN" else { return package }
        return name
    }

    /// Makes a project of the directory: a `scrapy.cfg` that names the settings, so that Scrapy runs in it as in any other, and
    /// the metadata under a name by which importlib.metadata finds them in a directory. The packages that it needs become its
    /// `requirements.txt`, unless it has one.
    func complete(in root: Int32, project: String) throws(ProjectLayoutError) {
        if metadata == "EGG-INFO" {
            let stem = (name ?? "project").unicodeScalars.map { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == ".")
                    ? String(scalar) : "_"
            }
            let renamed = renameat(root, metadata, root, "\(stem.joined().prefix(200)).egg-info")
            // A name that is there already has the same metadata.
            guard renamed == 0 || errno == EEXIST || errno == ENOTEMPTY else { throw .storage(errno) }
        }
        guard unlinkat(root, "scrapy.cfg", 0) == 0 || errno == ENOENT else { throw .storage(errno) }
        // Doubled for the interpolation of Python's configparser.
        let shown = project.replacing("%", with: "%%")
        try Egg.write(
            "[settings]\ndefault = \(settings)\n\n[deploy]\nproject = \(shown)\n", to: "scrapy.cfg", in: root)
        guard !requirements.isEmpty, faccessat(root, "requirements.txt", F_OK, AT_SYMLINK_NOFOLLOW) != 0 else { return }
        try Egg.write(requirements.map { $0 + "\n" }.joined(), to: "requirements.txt", in: root)
    }

    private static func write(_ text: String, to name: String, in root: Int32) throws(ProjectLayoutError) {
        let file = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .storage(errno) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .storage(errno) }
            done += count
        }
        guard fchmod(file, 0o444) == 0 else { throw .storage(errno) }
    }

    /// The entry point `settings` of the group `scrapy`, without attribute and extras; nil if there is none.
    static func settings(in points: String) -> String? {
        var group = ""
        for line in points.split(whereSeparator: \.isNewline) {
            let text = trimmed(line)
            if text.hasPrefix("#") || text.hasPrefix(";") { continue }
            if text.hasPrefix("["), text.hasSuffix("]") {
                group = trimmed(text.dropFirst().dropLast())
                continue
            }
            guard group == "scrapy", let equals = text.firstIndex(of: "="), trimmed(text[..<equals]) == "settings"
            else {
                continue
            }
            let value = text[text.index(after: equals)...].prefix { $0 != "[" && $0 != ":" }
            let module = trimmed(value)
            return module.isEmpty ? nil : module
        }
        return nil
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }

    /// Whether a text is names with dots between them, so that it needs no escapes in a `scrapy.cfg`.
    private static func isModule(_ text: String) -> Bool {
        text.utf8.count <= 1000
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                guard let first = part.unicodeScalars.first else { return false }
                return (first == "_" || first.properties.isXIDStart)
                    && part.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
            }
    }

    /// The field `Name` of core metadata.
    private static func name(in text: String) -> String? {
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.isEmpty { return nil }
            guard line.lowercased().hasPrefix("name:") else { continue }
            let name = trimmed(line.dropFirst("name:".count))
            return name.isEmpty ? nil : name
        }
        return nil
    }

    /// The content of a file in a directory at the top; nil if there is no such file, or it is not UTF-8.
    private static func text(
        _ name: String, of directory: String, in root: Int32
    ) throws(ProjectLayoutError) -> String? {
        let place = openat(root, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard place >= 0 else { return nil }
        defer { close(place) }
        let file = openat(place, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        do throws(ArchiveError) {
            return String(validating: try ArchiveFile(file).bytes(at: 0, count: longest), as: UTF8.self)
        } catch {
            if case .input(let code) = error, code != ESPIPE { throw .storage(code) }
            return nil
        }
    }
}
