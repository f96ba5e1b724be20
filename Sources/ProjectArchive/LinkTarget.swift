/// The target of a symbolic link that stays inside the archive's root.
///
/// `..` is accepted only at the beginning: there the kernel starts from the link's own directory, which is no link, so
/// that counting names is right. After a name, which could be another link, `..` could lead to any directory.
struct LinkTarget {
    /// The target as written into the link.
    let text: String

    /// Parses the target of the link at path `link`.
    init(_ bytes: some Collection<UInt8>, of link: EntryPath, budget: borrowing ExtractionBudget) throws(ArchiveError) {
        let (limits, format) = (budget.limits, budget.format)
        func refusal(_ reason: String) -> ArchiveError { .refused(format, entry: link.text, reason: reason) }

        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty,
            text.utf8.count <= limits.pathBytes, !text.unicodeScalars.contains(where: isControl),
            !text.utf8.contains(UInt8(ascii: "\\"))
        else { throw refusal("is a symbolic link to a path that is not accepted") }
        guard text.utf8.first != UInt8(ascii: "/") else { throw refusal("is a symbolic link to an absolute path") }
        let parts = text.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init).filter { $0 != "." }
        let up = parts.prefix { $0 == ".." }.count
        guard up < link.components.count, !parts.dropFirst(up).contains("..") else {
            throw refusal("is a symbolic link that could lead out of the archive")
        }
        self.text = text
    }
}
