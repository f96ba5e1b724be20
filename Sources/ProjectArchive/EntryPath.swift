/// The path of an entry below the root of the archive, validated for creation.
///
/// Components are valid UTF-8 without control characters, not `..` and not empty. A backslash is refused, because some
/// zip readers treat it as a separator and others as a part of the name. Leading `./` are dropped.
struct EntryPath {
    /// Empty for the root itself.
    let components: [String]

    /// Parses the bytes of a name; a directory's may end with a slash.
    init(_ bytes: some Collection<UInt8>, isDirectory: Bool, budget: borrowing ExtractionBudget) throws(ArchiveError) {
        let (limits, format) = (budget.limits, budget.format)
        let shown = String(decoding: bytes, as: UTF8.self)
        func refusal(_ reason: String) -> ArchiveError { .refused(format, entry: shown, reason: reason) }

        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw refusal("has a name that is not UTF-8; make the archive with UTF-8 names")
        }
        guard !text.unicodeScalars.contains(where: isControl) else {
            throw refusal("has a name with control characters")
        }
        guard text.utf8.count <= limits.pathBytes else {
            throw refusal("has a path of more than \(limits.pathBytes) bytes")
        }
        guard text.utf8.first != UInt8(ascii: "/") else { throw refusal("is an absolute path") }
        guard !text.utf8.contains(UInt8(ascii: "\\")) else { throw refusal("has a backslash in its name") }
        var parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Substring.init)
        if isDirectory, parts.last == "" { parts.removeLast() }
        let leading = parts.prefix { $0 == "." }.count
        parts.removeFirst(leading)
        guard leading > 0 || !parts.isEmpty, isDirectory || !parts.isEmpty else { throw refusal("has no name") }
        guard !parts.contains("..") else { throw refusal("has .. in its path") }
        guard !parts.contains(""), !parts.contains(".") else { throw refusal("has an empty component in its path") }
        guard parts.count <= limits.depth else { throw refusal("is more than \(limits.depth) directories deep") }
        guard parts.allSatisfy({ $0.utf8.count <= limits.componentBytes }) else {
            throw refusal("has a name of more than \(limits.componentBytes) bytes")
        }
        components = parts.map(String.init)
    }

    /// The path for messages.
    var text: String { components.joined(separator: "/") }
}
