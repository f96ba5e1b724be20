internal import LinuxSystem
public import SpoolModel

/// Schedules that projects declare: a version has them in `schedules.json`, and `projects/<name>/schedules` names the version
/// whose schedules were put in force last.
extension Spool {
    /// The file of a version.
    static let declaredFile = "schedules.json"
    /// The file of a project.
    static let enforcedFile = "schedules"

    /// What was done to put the schedules of a version in force.
    public struct Enforcement: Sendable {
        /// The version.
        public let version: Int
        /// The schedules that were made, changed, and asked to end.
        public internal(set) var made: [JobID] = [], changed: [JobID] = [], ended: [JobID] = []
        /// Those that have no time to come.
        public internal(set) var past: [ScheduleName] = []
    }

    /// Puts the schedules in force that the current version of a project declares: makes those that are missing, changes
    /// others in place, and asks for the end of those that it does not declare any more. Durable.
    ///
    /// After a crash at any point it is done again, which changes nothing that was done: the schedules are found by their names.
    /// A schedule that was canceled comes back only with another version.
    ///
    /// - Parameters:
    ///   - makeID: a new id.
    ///   - firstStatus: the first status of a new schedule; nil if it has no time to come.
    /// - Returns: nil if they are in force, or there is nothing to put in force.
    public func enforceSchedules(
        of name: ProjectName, at instant: Timestamp, makeID: () -> JobID,
        firstStatus: (JobMetadata) throws(SpoolError) -> JobStatus?
    ) throws(SpoolError) -> Enforcement? {
        // No other version becomes the current one meanwhile.
        try withProjectsLocked(shared: true) { () throws(SpoolError) in
            guard let project = try projectIfReadable(name) else { return nil }
            let place = try doing("open the project \(name)") { () throws(SystemError) in
                try projects.directory(name.description)
            }
            let enforced = try enforcedVersion(in: place, name)
            guard enforced != project.version else { return nil }
            let declared = try declaredSchedules(of: project, in: place)
            // A version that a client of scrapyd has deployed declares nothing, and changes nothing. Another one that
            // declares nothing has nothing to end where none are in force.
            guard let declared, enforced != nil || !declared.all.isEmpty else { return nil }
            var enforcement = Enforcement(version: project.version)
            try enforce(declared, of: name, at: instant, &enforcement, makeID: makeID, firstStatus: firstStatus)
            try doing("note which schedules of \(name) are in force") { () throws(SystemError) in
                try place.publish(Spool.enforcedFile, Array("version=\(project.version)\n".utf8))
            }
            return enforcement
        }
    }

    private func enforce(
        _ declared: DeclaredSchedules, of name: ProjectName, at instant: Timestamp, _ enforcement: inout Enforcement,
        makeID: () -> JobID, firstStatus: (JobMetadata) throws(SpoolError) -> JobStatus?
    ) throws(SpoolError) {
        var present: [ScheduleName: [JobID]] = [:]
        for job in try scheduledJobs(of: name).known.sorted(by: { $0.id < $1.id }) {
            if let name = job.declared, !hasCancelRequest(job.id) { present[name, default: []].append(job.id) }
        }
        for template in declared.all {
            guard let scheduleName = template.declared else { continue }
            if let id = present[scheduleName]?.first {
                present[scheduleName]?.removeFirst()
                let isChanged = try changeSchedule(id, patience: 0) { $0.declare(template, at: instant) }.isChanged
                if isChanged { enforcement.changed.append(id) }
                continue
            }
            let metadata = template.made(as: makeID(), at: instant)
            guard var status = try firstStatus(metadata) else {
                enforcement.past.append(scheduleName)
                continue
            }
            status[.by] = metadata.by
            try create(Job(metadata: metadata, status: status))
            enforcement.made.append(metadata.id)
        }
        // Whatever else goes by a name that is declared, or was.
        for id in present.values.joined().sorted() {
            try requestCancel(id)
            enforcement.ended.append(id)
        }
    }

    private func enforcedVersion(in place: borrowing Directory, _ name: ProjectName) throws(SpoolError) -> Int? {
        let content = try doing("read which schedules of \(name) are in force") { () throws(SystemError) in
            try place.contentIfUsable(Spool.enforcedFile, limit: 64)
        }
        // A damaged one is as good as none of this version: all of it is done again.
        guard let content else { return nil }
        let text = String(decoding: content, as: UTF8.self)
        return VersionNumber(String(text.drop { $0 != "=" }.dropFirst().prefix { $0 != "\n" }))?.value ?? 0
    }

    /// The schedules that the current version declares; nil for a version that a client of scrapyd has named.
    private func declaredSchedules(
        of project: ProjectMetadata, in place: borrowing Directory
    ) throws(SpoolError) -> DeclaredSchedules? {
        let path = "versions/\(project.version)/\(Spool.declaredFile)"
        let content: [UInt8]
        do throws(SystemError) {
            content = try place.content(path, limit: DeclaredSchedules.limit)
        } catch {
            guard error.isMissing else {
                throw SpoolError(error, while: "read the schedules that project \(project.name) declares")
            }
            guard let number = VersionNumber(project.version) else { return nil }
            return try version(number, of: project.name).name == nil ? DeclaredSchedules([]) : nil
        }
        guard let declared = DeclaredSchedules(parsing: content) else {
            throw SpoolError(
                .unreadable, "projects/\(project.name)/\(path) is damaged: push the project again, or remove the file")
        }
        // They run nothing of another project, whoever has written the file.
        guard declared.all.allSatisfy({ $0.project == project.name }) else {
            throw SpoolError(.unreadable, "projects/\(project.name)/\(path) is of another project")
        }
        return declared
    }
}

extension PushDraft {
    /// Adds the schedules that the project declares, durably.
    public func declare(_ schedules: DeclaredSchedules) throws(SpoolError) {
        try doing("keep the schedules of the project") { () throws(SystemError) in
            try directory.writeDurably(Spool.declaredFile, schedules.file)
        }
    }
}
