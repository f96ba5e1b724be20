/// The names that an archive has used, to find duplicates and names that differ by case only.
///
/// Only hashes are kept, so that memory does not grow with the length of names. Swift seeds its hashes in each process,
/// so that a collision cannot be prepared; one by accident (less than 2^-31 for 100,000 names) refuses an archive.
struct NameRegistry {
    private struct Name {
        var exact: Int
        var isDirectory: Bool
    }

    /// By the hash of the path without regard to case and Unicode normalization.
    private var names: [Int: Name] = [:]

    /// How many names there are.
    var count: Int { names.count }

    /// Registers a path and the directories above it.
    ///
    /// A directory may occur again, since archive writers repeat them.
    mutating func take(_ path: EntryPath, isDirectory: Bool, format: ArchiveFormat) throws(ArchiveError) {
        func refusal(_ reason: String) -> ArchiveError { .refused(format, entry: path.text, reason: reason) }
        var (folded, exact) = (Hasher(), Hasher())
        for (index, component) in path.components.enumerated() {
            folded.combine(component.lowercased())
            exact.combine(component.utf8.count)
            for byte in component.utf8 { exact.combine(byte) }
            let isLast = index == path.components.count - 1
            let name = Name(exact: exact.copied, isDirectory: isDirectory || !isLast)
            guard let earlier = names.updateValue(name, forKey: folded.copied) else { continue }
            guard earlier.exact == name.exact else {
                throw refusal("has a twin that differs by upper and lower case only")
            }
            guard earlier.isDirectory else {
                throw refusal(isLast ? "is there twice" : "is below a path that is not a directory")
            }
            guard name.isDirectory else { throw refusal("is there twice") }
        }
    }
}

extension Hasher {
    /// The hash of the values combined so far.
    fileprivate var copied: Int {
        let copy = self
        return copy.finalize()
    }
}
