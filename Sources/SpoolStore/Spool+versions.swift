public import LinuxSystem
public import SpoolModel

/// A job that uses, or may use, the code of a version.
public struct VersionUse: Hashable, Sendable {
    /// The job.
    public let id: JobID
    /// The project; nil if it cannot be read, so that it may be any.
    public let project: ProjectName?
    /// The version; nil if it cannot be read.
    public let version: Int?
    /// The error, if something cannot be read.
    public let failure: String?

    /// A use with all values.
    public init(_ id: JobID, project: ProjectName?, version: Int?, failure: String? = nil) {
        self.id = id
        self.project = project
        self.version = version
        self.failure = failure
    }

    /// Whether the job may use a version of a project.
    public func mayBe(_ version: Int, of project: ProjectName) -> Bool {
        (self.project == nil || self.project == project) && (self.version == nil || self.version == version)
    }
}

extension Spool {
    /// A project with code that new runs do not use any more.
    public struct OldCode: Sendable {
        /// The project.
        public let project: ProjectName
        /// Its versions except the current one, in the order in which they go: by their numbers, and at last the one that
        /// was current before it, which a rollback needs first; none if only an empty directory is left of a removed project.
        public let versions: [Int]
        /// Those of them that a client of scrapyd has deleted.
        public let deleted: Set<Int>
        /// Whether the project was removed.
        public let isRemoved: Bool
    }

    /// The projects with old versions, or without any content, and the errors for projects that could not be read.
    ///
    /// No job that starts from now on uses these versions unless it names one, because a start takes the current one.
    public func oldCode() throws(SpoolError) -> (found: [OldCode], failures: [ProjectName: SpoolError]) {
        let names = try doing("list the projects") { () throws(SystemError) in try projects.names() }
        var found: [OldCode] = []
        var failures: [ProjectName: SpoolError] = [:]
        for name in names.compactMap({ ProjectName($0) }).sorted() {
            do throws(SpoolError) {
                let old = try oldVersions(of: name)
                guard let old, !old.numbers.isEmpty || old.isRemoved && old.isEmpty else { continue }
                found.append(
                    OldCode(project: name, versions: old.numbers, deleted: old.deleted, isRemoved: old.isRemoved))
            } catch {
                if error.code != .missing { failures[name] = error }
            }
        }
        return (found, failures)
    }

    /// The `status` of a removed project while versions of it are left.
    static let removed = "REMOVED\n"
    /// Microseconds after which a project without metadata counts as removed, regardless of its status: longer than it
    /// takes to copy a project here.
    private static let copyTime: Int64 = 3_600_000_000

    /// Nil for a directory without versions, and for a project whose metadata is damaged: all of it is kept, so that it
    /// can be repaired. The same applies for an hour to one without metadata that was not removed by a server.
    private func oldVersions(
        of name: ProjectName
    ) throws(SpoolError) -> (numbers: [Int], deleted: Set<Int>, isRemoved: Bool, isEmpty: Bool)? {
        let directory = try doing("look at the project \(name)") { () throws(SystemError) in
            try projects.directory(name.description)
        }
        guard directory.contains("versions") else { return nil }
        var (current, previous): (Int?, Int?) = (nil, nil)
        do throws(SpoolError) {
            let project = try project(name)
            (current, previous) = (project.version, project.previous)
        } catch {
            if error.code == .unreadable || directory.contains("metadata.json") { return nil }
            guard error.code == .missing else { throw error }
            let status = try doing("read the status of \(name)") { () throws(SystemError) in
                try directory.contentIfUsable("status", limit: 64).map { String(decoding: $0, as: UTF8.self) }
            }
            guard status == Spool.removed || isLongUnchanged(directory) else { return nil }
        }
        let names = try doing("list the versions of \(name)") { () throws(SystemError) in
            try directory.directory("versions").entries().map(\.name)
        }
        let all = names.compactMap { $0.text.flatMap(VersionNumber.init)?.value }
        // Those of clients of scrapyd are kept until these delete them, with the project or by name.
        let clients: (kept: Set<Int>, removed: Set<Int>) =
            current == nil ? ([], []) : clientVersions(of: name, among: all)
        var numbers = all.filter { $0 != current && !clients.kept.contains($0) }.sorted()
        if let previous, let position = numbers.firstIndex(of: previous) {
            numbers.append(numbers.remove(at: position))
        }
        return (numbers, clients.removed, current == nil, names.isEmpty)
    }

    private func isLongUnchanged(_ directory: borrowing Directory) -> Bool {
        let changes = [".", "versions"].map { directory.informationIfAny($0)?.changed ?? .max }
        return changes.allSatisfy { SystemClock.wall() - $0 / 1000 > Spool.copyTime }
    }

    /// The jobs that use a version of a project, or may, or will because they name it.
    ///
    /// - Parameter others: jobs to include even if they are not marked as active.
    public func versionUses(with others: Set<JobID>) throws(SpoolError) -> [VersionUse] {
        try Set(activeIDs()).union(others).compactMap { id in
            // The status of a job that waits in another executor already names its version.
            func usesCode(_ status: JobStatus?) -> Bool {
                status.map { $0.state == .running || $0.remoteAttempt != nil } ?? true
            }
            // A job that waits may name its version.
            guard let job = activeJob(id, readingMetadata: { _ in true }) else { return nil }
            guard usesCode(job.status) else {
                guard let metadata = job.metadata else {
                    return VersionUse(id, project: nil, version: nil, failure: job.failure?.description)
                }
                return metadata.options.version.map { VersionUse(id, project: metadata.project, version: $0.value) }
            }
            return VersionUse(
                id, project: job.project, version: job.status?[.version], failure: job.failure?.description)
        }
    }

    /// The versions of a project whose code is there, newest first.
    public func versions(of project: ProjectName) throws(SpoolError) -> [VersionNumber] {
        let names = try doing("list the versions of \(project)") { () throws(SystemError) in
            try projects.directory("\(project)/versions").names()
        }
        return names.compactMap { VersionNumber($0) }.sorted { $0.value > $1.value }
            .filter { projects.contains("\(project)/versions/\($0.value)/code") }
    }

    /// The metadata of a version of a project; throws `.missing`, with the versions that there are, if there is none or
    /// its code is gone.
    public func version(_ number: VersionNumber, of project: ProjectName) throws(SpoolError) -> VersionMetadata {
        let known = try versions(of: project)
        guard known.contains(number) else {
            let list = Suggestion.list(known.map { "\($0.value)" })
            let rest = known.isEmpty ? "it has none" : known.count == 1 ? "there is only \(list)" : "there are \(list)"
            throw SpoolError(.missing, "Project \(project) has no version \(number.value): \(rest)")
        }
        let path = "projects/\(project)/versions/\(number.value)/metadata.json"
        let content = try doing("read \(path)") { () throws(SystemError) in
            try root.content(path, limit: 16 << 20)
        }
        guard let metadata = VersionMetadata(parsing: content), metadata.version == number.value else {
            throw SpoolError(.unreadable, "\(path) is damaged")
        }
        guard !metadata.isRemoved else {
            throw SpoolError(.missing, "Version \(number.value) of project \(project) was deleted")
        }
        return metadata
    }

    /// The spiders that a job of a project can name.
    ///
    /// - Parameter version: the version that the job names; nil for the current one.
    public func spiders(
        of project: ProjectMetadata, in version: VersionNumber?
    ) throws(SpoolError) -> [SpiderName] {
        guard let version, version.value != project.version else { return project.spiders }
        return try self.version(version, of: project.name).spiders
    }

    /// Whether a job that is not known to a list of uses names a version of a project: one that was made meanwhile.
    private func isNamed(_ version: Int, of project: ProjectName, besides known: Set<JobID>) throws(SpoolError) -> Bool
    {
        try activeIDs().contains { id in
            guard !known.contains(id), let job = activeJob(id, readingMetadata: { _ in true }) else { return false }
            guard let metadata = job.metadata else { return true }
            return metadata.project == project && metadata.options.version?.value == version
        }
    }

    /// Moves old versions of a project, and the rest of a removed project, to `tmp/`, where the caller has to delete
    /// them. A version that cannot be moved does not affect the others.
    ///
    /// - Parameters:
    ///   - versions: versions from ``oldCode()``, called before the uses were determined.
    ///   - known: the jobs that were looked at; a newer one may name one of these versions.
    public func retire(
        _ versions: [Int], of name: ProjectName, knowing known: Set<JobID>? = nil
    ) throws(SpoolError) -> (rubbish: [FileName], failures: [Int: SpoolError]) {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            var rubbish: [FileName] = []
            var failures: [Int: SpoolError] = [:]
            // Another version may be current by now, or the project may have been pushed again.
            guard let old = try oldVersions(of: name) else { return (rubbish, failures) }
            var present = Set(old.numbers)
            // Jobs of the project that name none take the one of its settings.
            if !old.isRemoved, let version = try jobDefaults(of: name).version { present.remove(version.value) }
            if let known {
                for version in versions where try isNamed(version, of: name, besides: known) { present.remove(version) }
            }
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
                directory.removeLeftover("status")
                // A directory to which a user has added something stays.
                projects.removeIfEmpty(name.description)
            }
            return (rubbish, failures)
        }
    }
}
