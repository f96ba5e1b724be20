internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Repairs findings. It holds the engine's lock, so that only shims of jobs that are alive change the tree meanwhile.
final class Repair {
    let spool: Spool
    private let engineLock: Descriptor, importLock: Descriptor
    private let isRoot: Bool

    /// Locks the spool; throws `.busy` while a server or an import works on it.
    init(_ path: String) throws(SpoolError) {
        isRoot = Host.effectiveUser == 0
        spool = try Spool.open(path, requiringSpool: true).0
        let spool = spool
        let made = ["lock", "imported"].filter { !spool.root.contains($0) }
        engineLock = try spool.takeEngineLock()
        importLock = try spool.takeImportLock()
        // In a copy, files to write to may be hard links shared with other trees.
        if try spool.identity() != .original { try spool.separate(includingData: false) }
        guard isRoot else { return }
        do throws(SystemError) {
            let owner = try spool.root.information("format").owner
            for name in made { try spool.root.setOwner(name, owner) }
        } catch {
            throw SpoolError(error, while: "give the locks to the owner of the spool")
        }
    }

    /// Lets root act as the owner of the spool, so that files made by repairs belong to that user.
    func act(as owner: UInt32) throws(SpoolError) {
        guard isRoot else { return }
        do throws(SystemError) {
            try Host.act(as: owner)
        } catch {
            throw SpoolError(error, while: "act as the owner of the spool")
        }
    }

    /// Applies the finding's remedy; throws the reason when that fails.
    func apply(_ finding: Finding) throws(SpoolError) {
        switch finding.remedy {
        case .nothing, .server, .person: break
        case .make:
            // Done already when the spool was opened.
            break
        case .mode(let bits): try spool.setPermissions(finding.path, bits)
        case .owner(let user):
            try setOwner(finding.path, user)
        case .quarantine(let name): try spool.quarantine(finding.path, as: name, reason: finding.problem)
        case .quarantineUndecoded(let name):
            try spool.withHolder(of: finding.path) { (directory, _) throws(SpoolError) in
                try spool.quarantine(name, in: directory, reason: finding.problem)
            }
        case .quarantineJob(let id): try quarantine(id, reason: finding.problem)
        case .place(let id): try place(id, finding)
        case .mark(let id): try spool.remark(id)
        case .clear: try spool.clear(finding.path)
        case .emptyStaging:
            let left = spool.emptyStaging()
            guard let first = left.first else { break }
            throw SpoolError(
                .refused, "\(left.count) of them cannot be removed now, tmp/\(first.name) for one: \(first.reason)")
        case .metadata(let metadata):
            let job = try spool.directory(of: metadata.id)
            try spool.rewrite(metadata, in: job)
        case .status(let id, let old, let new): try replace(old, by: new, of: id)
        case .spare(let id):
            try withLock(of: id) { (job) throws(SpoolError) in try job.reserveSpare() }
        case .project(let project, let isDamaged):
            let file = "projects/\(project.name)/metadata.json"
            if isDamaged, spool.root.contains(file) {
                try spool.quarantine(file, as: "\(project.name).metadata.json", reason: finding.problem)
            }
            try spool.publish(project)
        case .version(let version, let project):
            let file = "projects/\(project)/versions/\(version.version)/metadata.json"
            if spool.root.contains(file) {
                try spool.quarantine(file, as: "\(project).\(version.version).metadata.json", reason: finding.problem)
            }
            try spool.publish(version, of: project)
        case .quarantineProject(let project): try quarantine(project, finding)
        case .history(let day): try spool.mendHistory(of: day)
        }
    }

    private func setOwner(_ path: String, _ user: UInt32) throws(SpoolError) {
        guard isRoot else { throw SpoolError(.refused, "Only root can do that") }
        do throws(SystemError) {
            try Host.act(as: 0)
            // `defer` cannot throw, and root may become any user.
            defer { try? Host.act(as: user) }
            do throws(SpoolError) {
                try spool.setOwner(path, user)
            } catch {
                throw error.cause ?? SystemError(code: 0, operation: "change the owner of \(path)")
            }
        } catch {
            throw SpoolError(error, while: "change the owner")
        }
    }

    private func quarantine(_ id: JobID, reason: String) throws(SpoolError) {
        try withLock(of: id) { (_) throws(SpoolError) in
            try spool.quarantine(id.description, in: try spool.day(of: id), reason: reason)
        }
        try spool.unmark(id)
    }

    private func place(_ id: JobID, _ finding: Finding) throws(SpoolError) {
        do throws(SpoolError) {
            try spool.place(id, from: finding.path)
        } catch {
            guard error.code == .taken else { throw error }
            try spool.quarantine(finding.path, reason: "\(finding.problem), where there is a job already")
        }
    }

    private func replace(_ old: JobStatus, by new: JobStatus, of id: JobID) throws(SpoolError) {
        try withLock(of: id) { (job) throws(SpoolError) in
            guard try job.status() == old else { throw SpoolError(.refused, "Its status has changed meanwhile") }
            try job.publish(new)
        }
    }

    private func quarantine(_ project: ProjectName, _ finding: Finding) throws(SpoolError) {
        // A job whose status cannot be read may be running.
        let isUsed = try spool.activeJobs().contains {
            $0.status?.state ?? .running == .running && ($0.project == nil || $0.project == project)
        }
        guard !isUsed else { throw SpoolError(.refused, "A job of the project runs: try again when it has ended") }
        try spool.quarantine(finding.path, reason: finding.problem)
    }

    /// Runs `body` with the job's lock; throws where a process of the job may be alive.
    private func withLock(
        of id: JobID, _ body: (borrowing JobDirectory) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let job = try spool.directory(of: id)
        guard let lock = try job.tryLock(), try !job.hasSurvivors() else {
            throw SpoolError(.refused, "The job is alive: try again when it has ended")
        }
        defer { withExtendedLifetime(lock) {} }
        try body(job)
    }
}
