internal import LinuxSystem
internal import SpoolModel

/// The facts about a version of a project that a check uses.
struct VersionFacts {
    /// The version's number.
    let number: Int
    /// Its metadata.
    let metadata: Reading<VersionMetadata>
    /// The directory of its code in which `scrapy` runs; nil if none has a `scrapy.cfg`.
    let directory: String?
    /// The length of the archive in bytes; nil if it is missing.
    let archiveSize: Int64?

    /// Reads a version.
    ///
    /// - Parameter expected: the name that the directory should have; without it, only a single candidate is accepted.
    init(_ number: Int, in project: borrowing Directory, expecting expected: String?) {
        self.number = number
        // A version that cannot be opened counts as one without files.
        guard let version = try? project.directory("versions").directory(String(number)) else {
            (metadata, directory, archiveSize) = (.missing, nil, nil)
            return
        }
        metadata = Reading(
            "metadata.json", in: version, limit: 16 << 20,
            { VersionMetadata(parsing: $0).flatMap { $0.version == number ? $0 : nil } },
            diagnose: { bytes in
                guard let other = VersionMetadata(parsing: bytes)?.version else { return Damage.ofMetadata(bytes) }
                return "is of another version, \(other)"
            })
        // Nil if the archive is missing.
        let archive = try? version.information("archive")
        archiveSize = archive.flatMap { $0.kind == .file ? $0.size : nil }
        directory = VersionFacts.directory(in: version, expecting: metadata.value?.directory ?? expected)
    }

    private static func directory(in version: borrowing Directory, expecting expected: String?) -> String? {
        // Without a directory `code` there is no project.
        guard let code = try? version.directory("code") else { return nil }
        func isProject(_ name: String) -> Bool {
            // Another kind of entry, or a directory that cannot be opened, is no project.
            (try? code.directory(name).contains("scrapy.cfg")) ?? false
        }
        if let expected, isProject(expected) { return expected }
        // Without a listing the top is the only candidate.
        let candidates = (["."] + ((try? code.names()) ?? [])).filter {
            ProjectMetadata.isDirectory($0) && isProject($0)
        }
        return candidates.count == 1 ? candidates[0] : nil
    }
}
