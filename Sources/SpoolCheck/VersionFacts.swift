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
    /// Whether it names a Python environment and has no lock to build it from.
    let lacksLock: Bool
    /// The first path in the project's directory that exists and cannot be read, with the reason; nil if there is none.
    let obstacle: Obstacle?

    /// Reads a version.
    ///
    /// - Parameter expected: the name that the directory should have; without it, only a single candidate is accepted.
    init(_ number: Int, in project: borrowing Directory, expecting expected: String?) {
        self.number = number
        let version: Directory
        do throws(SystemError) {
            version = try project.directory("versions").directory(String(number))
        } catch {
            (metadata, directory, archiveSize) = (.missing, nil, nil)
            lacksLock = false
            obstacle = Obstacle("versions/\(number)", error)
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
        let archive = version.informationIfAny("archive")
        archiveSize = archive.flatMap { $0.kind == .file ? $0.size : nil }
        var locks = 0
        for lock in EnvironmentFacts.locks where version.contains(lock) { locks += 1 }
        lacksLock = locks == 0 ? version.contains("environment") : false
        var search = CodeSearch(of: "versions/\(number)/code")
        directory = search.directory(in: version, expecting: metadata.value?.directory ?? expected)
        obstacle = search.obstacle
    }

    /// The search for the directory in which `scrapy` runs.
    private struct CodeSearch {
        private let path: String
        private(set) var obstacle: Obstacle?

        init(of path: String) {
            self.path = path
        }

        mutating func directory(in version: borrowing Directory, expecting expected: String?) -> String? {
            do throws(SystemError) {
                let code = try version.directory("code")
                if let expected, isProject(expected, in: code) { return expected }
                let names = try code.names()
                var candidates: [String] = []
                for name in ["."] + names where ProjectMetadata.isDirectory(name) && isProject(name, in: code) {
                    candidates.append(name)
                }
                return candidates.count == 1 ? candidates[0] : nil
            } catch {
                // Without a directory `code` there is no project.
                obstacle = obstacle ?? Obstacle(path, error)
                return nil
            }
        }

        private mutating func isProject(_ name: String, in code: borrowing Directory) -> Bool {
            do throws(SystemError) {
                _ = try code.directory(name).information("scrapy.cfg")
                return true
            } catch {
                // An entry of another kind is no project.
                obstacle = obstacle ?? Obstacle("\(path)/\(name)", error)
                return false
            }
        }
    }
}
