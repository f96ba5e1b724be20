/// A requirements file, as far as the server has to understand it: which files it takes, where packages come from, and
/// whether it is a lock already (pip's "requirements file format").
public struct Requirements: Sendable {
    /// The other files that it takes, by their paths as written.
    public private(set) var files: [String] = []
    /// The paths of local packages.
    public private(set) var localPackages: [String] = []
    /// `--index-url`; nil without it.
    public private(set) var index: String?
    /// `--extra-index-url`.
    public private(set) var extraIndexes: [String] = []
    /// `--find-links`.
    public private(set) var links: [String] = []
    /// Whether there is `--no-index`.
    public private(set) var hasNoIndex = false
    /// Whether each requirement names one version and has a hash.
    public private(set) var isLock = true
    /// Whether a requirement was editable; ``text`` has it without that.
    public private(set) var hadEditable = false
    /// The names of the packages, normalized.
    public private(set) var names: [String] = []
    /// The number of requirements.
    public private(set) var count = 0
    /// The file without comments, `-e` and the options that say where packages come from.
    public private(set) var text = ""

    /// Reads a file.
    ///
    /// Throws for a path that leaves the project, or an option that is not supported.
    ///
    /// - Parameter name: the file's path, in messages.
    public init(parsing content: String, name: String) throws(EnvironmentFailure) {
        var isContinued = false
        var logical = ""
        for line in content.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let body = Requirements.withoutComment(line)
            logical += body.hasSuffix("\\") ? body.dropLast() + " " : body
            isContinued = body.hasSuffix("\\")
            if isContinued { continue }
            try take(logical.split(whereSeparator: \.isWhitespace).map(String.init), name)
            logical = ""
        }
        if !logical.isEmpty { try take(logical.split(whereSeparator: \.isWhitespace).map(String.init), name) }
        if count == 0 { isLock = false }
    }

    /// Adds where a file that this one takes says that packages come from. Its own index counts before that of the other.
    mutating func addSources(of other: Requirements) {
        index = index ?? other.index
        for address in other.extraIndexes { addIndex(address) }
        links += other.links.filter { !links.contains($0) }
        hasNoIndex = hasNoIndex || other.hasNoIndex
    }

    /// Adds an index besides the default one.
    mutating func addIndex(_ address: String) {
        guard address.contains("://"), !address.hasPrefix("https://pypi.org/"), !extraIndexes.contains(address) else {
            return
        }
        extraIndexes.append(address)
    }

    /// A `#` begins a comment at the beginning of a line or after white space.
    private static func withoutComment(_ line: Substring) -> Substring {
        var previous: Character = " "
        for index in line.indices {
            if line[index] == "#", previous.isWhitespace { return line[..<index] }
            previous = line[index]
        }
        return line
    }

    private mutating func take(_ words: [String], _ name: String) throws(EnvironmentFailure) {
        guard let first = words.first else { return }
        if first.hasPrefix("-") { return try takeOption(words, name) }
        try takeRequirement(words, name)
        text += words.joined(separator: " ") + "\n"
    }

    private mutating func takeOption(_ words: [String], _ name: String) throws(EnvironmentFailure) {
        // `-rFILE`, `-r FILE`, `--requirement=FILE` and `--requirement FILE`.
        var option = words[0]
        var value = words.dropFirst().joined(separator: " ")
        if option.hasPrefix("--"), let sign = option.firstIndex(of: "=") {
            value = String(option[option.index(after: sign)...])
            option = String(option[..<sign])
        } else if !option.hasPrefix("--"), option.count > 2 {
            value = String(option.dropFirst(2))
            option = String(option.prefix(2))
        }
        switch option {
        case "-r", "--requirement", "-c", "--constraint":
            try check(value, name)
            files.append(value)
            isLock = false
        case "-e", "--editable":
            hadEditable = true
            return try take(value.split(whereSeparator: \.isWhitespace).map(String.init), name)
        // These are not part of a lock: they may have passwords in them, and the project's file has them.
        case "-i", "--index-url": return index = value
        case "--extra-index-url": return extraIndexes.append(value)
        case "-f", "--find-links":
            if value.contains("://") { return links.append(value) }
            try check(value, name)
            return links.append(
                (name.split(separator: "/").dropLast().map(String.init) + [value]).joined(separator: "/"))
        case "--no-index": return hasNoIndex = true
        case "--pre", "--prefer-binary", "--require-hashes", "--no-binary", "--only-binary", "--trusted-host": break
        default:
            throw EnvironmentFailure(
                .packages, "\(name) has the option \(option), which is not supported here: remove it")
        }
        text += words.joined(separator: " ") + "\n"
    }

    private mutating func takeRequirement(_ words: [String], _ name: String) throws(EnvironmentFailure) {
        count += 1
        let hasHash = words.contains { $0.hasPrefix("--hash") }
        let requirement = words.prefix { !$0.hasPrefix("--hash") }.joined(separator: " ")
        let first = words[0]
        let lower = requirement.lowercased()
        if lower.contains("file:") {
            throw EnvironmentFailure(
                .packages,
                "\(name) names the package \(requirement) by the address of a file: write its path, as in ./package")
        }
        if requirement.contains("://"), !requirement.contains("@") {
            // Without the package's name, which uv finds out.
            isLock = false
            return
        }
        if first.hasPrefix(".") || first.hasPrefix("/") || first.hasPrefix("~")
            || !requirement.contains("@") && first.contains("/")
            || first.hasSuffix(".whl") && !requirement.contains("@")
        {
            try check(first, name)
            localPackages.append(first)
            isLock = false
            return
        }
        let end = requirement.firstIndex { " [=<>!~;@".contains($0) } ?? requirement.endIndex
        names.append(Requirements.normalized(requirement[..<end]))
        if !hasHash || !requirement.contains("==") && !requirement.contains("://") { isLock = false }
    }

    /// A package's name as indexes have it (PEP 503).
    static func normalized(_ name: some StringProtocol) -> String {
        name.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
    }

    private func check(_ path: String, _ name: String) throws(EnvironmentFailure) {
        // Relative to the file's own directory.
        var depth = name.split(separator: "/").count - 1
        for part in path.split(separator: "/") {
            if part == ".." { depth -= 1 } else if part != "." { depth += 1 }
            if depth < 0 { break }
        }
        guard !path.hasPrefix("/"), !path.hasPrefix("~"), !path.contains("${"), depth >= 0, !path.isEmpty,
            !path.contains("://")
        else {
            throw EnvironmentFailure(
                .packages,
                "\(name) names \(path.isEmpty ? "no file" : path), which is not in the project: only files of the "
                    + "project can be used")
        }
    }
}
