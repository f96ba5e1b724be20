public import LinuxSystem
public import SpoolModel

/// A job that works, or may work, with the code of a version.
public struct VersionUse: Hashable, Sendable {
    /// The job.
    public let id: JobID
    /// Whose code it is; nil when that cannot be read, so that it may be any.
    public let project: ProjectName?
    /// Which version; nil when that cannot be read.
    public let version: Int?
    /// Why something cannot be read.
    public let failure: String?

    /// A use with nothing left out.
    public init(_ id: JobID, project: ProjectName?, version: Int?, failure: String? = nil) {
        self.id = id
        self.project = project
        self.version = version
        self.failure = failure
    }

    /// Whether it may be a version of a project that the job works with.
    public func mayBe(_ version: Int, of project: ProjectName) -> Bool {
        (self.project == nil || self.project == project) && (self.version == nil || self.version == version)
    }
}

extension Spool {
    /// A project that has code which runs no longer start with.
    public struct OldCode: Sendable {
        /// The project.
        public let project: ProjectName
        /// Its versions but the current one; none where only an empty directory is left of a removed project.
        public let versions: [Int]
    }

    /// The projects with old versions, or with nothing left, and why projects could not be looked at.
    ///
    /// No job that starts from now on works with one of these, since a start takes the version that is current.
    public func oldCode() throws(SpoolError) -> (found: [OldCode], failures: [ProjectName: SpoolError]) {
        let names = try doing("list the projects") { () throws(SystemError) in try projects.names() }
        var found: [OldCode] = []
        var failures: [ProjectName: SpoolError] = [:]
        for name in names.compactMap({ ProjectName($0) }).sorted() {
            do throws(SpoolError) {
                let old = try oldVersions(of: name)
                guard let old, !old.numbers.isEmpty || old.isRemoved && old.isEmpty else { continue }
                found.append(OldCode(project: name, versions: old.numbers.sorted()))
            } catch {
                if error.code != .missing { failures[name] = error }
            }
        }
        return (found, failures)
    }

    /// What the `status` of a removed project says, as long as there are versions of it.
    static let removed = "REMOVED\n"
    /// Microseconds after which a project without metadata is taken for a removed one, whatever it says: longer than
    /// anybody takes to copy one here.
    private static let copyTime: Int64 = 3_600_000_000

    /// Nil for a directory without versions, and for a project whose metadata is there but damaged: it keeps everything,
    /// so that somebody can mend it. So does one without metadata that nobody has removed, for an hour.
    private func oldVersions(
        of name: ProjectName
    ) throws(SpoolError) -> (numbers: [Int], isRemoved: Bool, isEmpty: Bool)? {
        let directory = try doing("look at the project \(name)") { () throws(SystemError) in
            try projects.directory(name.description)
        }
        guard directory.contains("versions") else { return nil }
        var current: Int?
        do throws(SpoolError) {
            current = try project(name).version
        } catch {
            if error.code == .unreadable || directory.contains("metadata.json") { return nil }
            guard error.code == .missing else { throw error }
            let status = (try? directory.content("status", limit: 64)).map { String(decoding: $0, as: UTF8.self) }
            guard status == Spool.removed || isLongUnchanged(directory) else { return nil }
        }
        let names = try doing("list the versions of \(name)") { () throws(SystemError) in
            try directory.directory("versions").entries().map(\.name)
        }
        let numbers = names.compactMap { $0.text.flatMap(VersionNumber.init)?.value }.filter { $0 != current }
        return (numbers, current == nil, names.isEmpty)
    }

    private func isLongUnchanged(_ directory: borrowing Directory) -> Bool {
        let changes = [".", "versions"].map { (try? directory.information($0).changed) ?? .max }
        return changes.allSatisfy { Machine.wallClock() - $0 / 1000 > Spool.copyTime }
    }

    /// The jobs that work with some version of some project, or may.
    ///
    /// - Parameter others: jobs that count as well, whether or not they are marked as active.
    public func versionUses(with others: Set<JobID>) throws(SpoolError) -> [VersionUse] {
        try Set(activeIDs()).union(others).compactMap { id in
            // One that waits at another executor has its links to the code already.
            func usesCode(_ status: JobStatus?) -> Bool {
                status.map { $0.state == .running || $0.remoteAttempt != nil } ?? true
            }
            guard let job = activeJob(id, readingMetadata: usesCode), usesCode(job.status) else { return nil }
            return VersionUse(
                id, project: job.project, version: job.status?[.version], failure: job.failure?.description)
        }
    }

    /// Takes old versions of a project out of sight, and what is left of a removed project. They are in `tmp/` then, to be
    /// deleted; what cannot be moved keeps no other version.
    ///
    /// - Parameter versions: of those that ``oldCode()`` gave before it was asked who uses them.
    public func retire(
        _ versions: [Int], of name: ProjectName
    ) throws(SpoolError) -> (rubbish: [FileName], failures: [Int: SpoolError]) {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            var rubbish: [FileName] = []
            var failures: [Int: SpoolError] = [:]
            // Another one may be current by now, or the project have come back.
            guard let old = try oldVersions(of: name) else { return (rubbish, failures) }
            let present = Set(old.numbers)
            try doing("take old versions of \(name) away") { () throws(SystemError) in
                let directory = try projects.directory(name.description)
                let place = try directory.directory("versions")
                for version in versions where present.contains(version) {
                    do throws(SystemError) {
                        rubbish.append(try moveToRubbish("\(version)", of: place, in: tmp, as: "version-\(version)"))
                    } catch {
                        let path = "projects/\(name)/versions/\(version)"
                        if !error.isMissing { failures[version] = SpoolError(error, while: "take \(path) away") }
                    }
                }
                guard old.isRemoved, try place.entries().isEmpty else { return }
                try directory.removeDirectory("versions")
                try? directory.remove("status")
                // Stays where somebody has put something into it.
                try? projects.removeDirectory(name.description)
            }
            return (rubbish, failures)
        }
    }
}
