internal import Glibc
public import LinuxSystem
public import SpoolModel
internal import Synchronization

/// A push in progress: a directory in `tmp/` with the archive and the unpacked code. It is not visible until it is
/// published as a version.
public struct PushDraft: ~Copyable, Sendable {
    /// The directory's name in `tmp/`.
    public let name: String
    /// The directory.
    public let directory: Directory
    /// The archive, open for writing and reading.
    public let archive: Descriptor
    /// The directory for the code.
    public let code: Directory
}

extension Spool {
    /// Starts a push.
    public func stage(_ token: JobID) throws(SpoolError) -> PushDraft {
        try checkRoom()
        let name = "push-\(token)"
        pushes.withLock { _ = $0.insert(name) }
        return try doing("make room for the archive") { () throws(SystemError) in
            try tmp.makeDirectory(name)
            let directory = try tmp.directory(name)
            try directory.makeDirectory("code")
            return PushDraft(
                name: name, directory: try directory.duplicate(),
                archive: try directory.file("archive", Spool.locking), code: try directory.directory("code"))
        }
    }

    /// Deletes a push that failed.
    public func discard(_ staging: borrowing PushDraft) {
        // A rest that cannot be deleted now is found by the engine's hourly check.
        tmp.removeLeftoverTree(staging.name)
        _ = pushes.withLock { $0.remove(staging.name) }
    }

    /// Begins to flush a push's code, after all of it was written.
    ///
    /// - Parameter includesFiles: whether its files are not read-only yet.
    public func flush(_ staging: borrowing PushDraft, includesFiles: Bool) throws(SpoolError) -> StagedFlush {
        try doing("flush the project to the disk") { () throws(SystemError) in
            try StagedFlush(
                of: staging.directory.duplicate(), code: staging.code.duplicate(), includesFiles: includesFiles)
        }
    }

    /// Makes a copy of a push's code in which the project is tried. Files that the project writes there are discarded.
    ///
    /// - Parameters:
    ///   - directory: the directory of the code in which `scrapy` runs.
    ///   - account: the owner of the copy; nil for this process's user.
    public func copyCode(
        of staging: borrowing PushDraft, directory: String, for account: Account?
    ) throws(SpoolError) -> Directory {
        let name = Spool.trial(staging)
        return try doing("make a copy of the project") { () throws(SystemError) in
            try tmp.makeDirectory(name)
            let place = try tmp.directory(name)
            try CodeCopy.fill(
                place, with: VersionCode(try staging.code.duplicate(), directory: directory), for: account)
            if let account {
                try root.letThrough(account.group)
                try tmp.letThrough(account.group)
                try place.give(to: account)
            }
            return place
        }
    }

    /// Makes a directory for byte code of a push's modules.
    ///
    /// - Parameter account: its owner; nil for this process's user.
    public func makeCache(of staging: borrowing PushDraft, for account: Account?) throws(SpoolError) -> Directory {
        let name = Spool.cache(staging)
        return try doing("make a place for byte code") { () throws(SystemError) in
            try tmp.makeDirectory(name)
            let place = try tmp.directory(name)
            if let account { try place.give(to: account) }
            return place
        }
    }

    /// Removes the results of ``copyCode(of:directory:for:)``, ``makeCache(of:for:)`` and
    /// ``makeInquiry(of:with:for:)``, if there are any.
    public func removeCopy(of staging: borrowing PushDraft) {
        // A rest that cannot be removed now is removed by the engine later, at its next start at the latest.
        tmp.removeLeftoverTree(Spool.trial(staging))
        tmp.removeLeftoverTree(Spool.inquiry(staging))
        tmp.removeLeftoverTree(Spool.cache(staging))
    }

    private static func cache(_ staging: borrowing PushDraft) -> String { "cache-\(staging.name)" }

    private static func trial(_ staging: borrowing PushDraft) -> String { "trial-\(staging.name)" }

    /// The name in `tmp/` of a push's ``Inquiry``.
    static func inquiry(_ staging: borrowing PushDraft) -> String { "inquiry-\(staging.name)" }

    /// Publishes a push as the current version of its project, durably. A copy made by ``copyCode(of:directory:for:)``
    /// is left for the engine, which turns it into a ready copy.
    ///
    /// Throws `.refused` if the version lacks a spider that has scheduled jobs.
    ///
    /// - Parameters:
    ///   - versionName: the name that a client of scrapyd gives the version. It becomes the current one only if its name comes
    ///     last in scrapyd's order; nil for a version that becomes the current one in any case.
    ///   - environment: the Python environment that it runs in, and its lock; nil for the server's Scrapy.
    ///   - flushed: the proof that its code is on the disk; nil to flush it here.
    ///   - account: the owner of that copy; nil for this process's user.
    ///   - approve: gets the current version, if there is one, and throws if it must not be replaced. It cannot change
    ///     meanwhile.
    public func publish(
        _ staging: borrowing PushDraft, name: ProjectName, directory: String, spiders: [SpiderName], sha256: String,
        size: Int64, versionName: VersionName? = nil, environment: (facts: EnvironmentFacts, lock: [UInt8])? = nil,
        flushed: StagedFlush.Receipt? = nil, for account: Account? = nil, at instant: Timestamp,
        by requester: Requester? = nil,
        approve: (ProjectMetadata?) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) -> ProjectMetadata {
        // The code is not visible yet, so this long part needs no lock.
        if flushed == nil {
            let flush = try self.flush(staging, includesFiles: true)
            _ = try doing("flush the project to the disk") { () throws(SystemError) in try flush.wait() }
        }
        let stagingName = staging.name
        let trial = Spool.trial(staging)
        let stagingDirectory = try doing("open the push") { () throws(SystemError) in
            try staging.directory.duplicate()
        }
        return try withProjectsLocked(shared: false) { () throws(SpoolError) in
            let present = try projectIfReadable(name)
            let isCurrent =
                try present.flatMap { present throws(SpoolError) in
                    try versionName.map { versionName throws(SpoolError) in try isLast(versionName, of: present) }
                } ?? true
            if isCurrent { try checkSchedules(of: name, with: spiders) }
            try approve(present)
            return try doing("publish the project \(name)") { () throws(SystemError) in
                let place = try projectDirectory(name, isNew: present == nil)
                let versions = try place.directory("versions")
                try dropLeft(in: place, versions, of: present)
                let number = try Spool.number(after: try versions.names(), and: present?.version)
                let version = VersionMetadata(
                    version: number, sha256: sha256, size: size, directory: directory, spiders: spiders,
                    created: instant, by: requester?.description, name: versionName, environment: environment?.facts)
                try complete(stagingDirectory, with: version, lock: environment?.lock, for: place)
                if isCurrent { try retireReady(of: name, version: number) }
                try take(stagingName, into: versions, as: number)
                if !isCurrent, var present {
                    present.newest = number
                    try place.publish("metadata.json", present.file)
                    // A hint for the engine, which deletes versions.
                    try projects.touch(name.description)
                    return present
                }
                let metadata = ProjectMetadata(version, in: directory, of: name, after: present)
                try place.publish([
                    ("metadata.json", metadata.file), ("status", Array(metadata.statusLine.utf8)),
                ])
                // If there is no copy, the engine makes one.
                try? tmp.replace(
                    ReadyCopy(of: name, version: number, for: account).tried, in: readyStock(), by: trial)
                // A hint for the engine, which deletes the previous version.
                try projects.touch(name.description)
                return metadata
            }
        }
    }

    /// The number of a new version: the highest existing one plus 1. If that is out of range, the lowest unused one.
    static func number(after names: [String], and current: Int?) throws(SystemError) -> Int {
        let taken = Set(names.compactMap { VersionNumber($0)?.value } + (current.map { [$0] } ?? []))
        let next = (taken.max() ?? 0) + 1
        guard next > VersionNumber.limit else { return next }
        guard let free = (1...VersionNumber.limit).first(where: { !taken.contains($0) }) else {
            throw SystemError(code: EOVERFLOW, operation: "number the version")
        }
        return free
    }

    /// Opens a project's directory, which has one for its versions. For a new project it creates both, durably.
    private func projectDirectory(_ name: ProjectName, isNew: Bool) throws(SystemError) -> Directory {
        // If the project was removed in the meantime, it is created again.
        if !isNew, let directory = try projects.directoryIfUsable(name.description), directory.contains("versions") {
            return directory
        }
        let directory = try projects.durableSubdirectory(name.description)
        _ = try directory.durableSubdirectory("versions")
        return directory
    }

    /// Writes the metadata of a version into the directory of its push, and flushes both. It also flushes the
    /// directories above the version's new place, as a user may just have copied the project there.
    private func complete(
        _ push: borrowing Directory, with version: VersionMetadata, lock: [UInt8]?, for place: borrowing Directory
    ) throws(SystemError) {
        if let facts = version.environment, let lock {
            try push.writeDurably(facts.lock, lock)
            try push.writeDurably(Spool.environmentName, VersionEnvironment.file(facts.key))
        }
        let file = try push.file("metadata.json", O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(version.file)
        // Opened anew: see ``Directory/durably(_:)``.
        let parent = try projects.directory(".")
        let own = try place.directory(".")
        try Flush.together([
            file.number, push.descriptor.number, parent.descriptor.number, own.descriptor.number,
        ])
        try file.close()
    }

    /// Moves a push to the versions of its project, durably.
    private func take(
        _ stagingName: String, into versions: borrowing Directory, as number: Int
    ) throws(SystemError) {
        let source = try tmp.directory(".")
        let target = try versions.directory(".")
        try tmp.move(stagingName, to: versions, as: String(number))
        _ = pushes.withLock { $0.remove(stagingName) }
        try Flush.together([source.descriptor.number, target.descriptor.number])
    }
}

extension ProjectMetadata {
    /// The metadata of a project whose current version is a new one.
    ///
    /// - Parameters:
    ///   - directory: the path of the project in its code.
    ///   - present: the metadata before it; nil for a new project.
    fileprivate init(
        _ version: VersionMetadata, in directory: String, of name: ProjectName, after present: ProjectMetadata?
    ) {
        // In a variable: an initializer would not note which version was current before.
        var metadata =
            present
            ?? ProjectMetadata(
                name: name, version: version.version, directory: directory, spiders: version.spiders,
                created: version.created, updated: version.created)
        metadata.version = version.version
        metadata.directory = directory
        metadata.spiders = version.spiders
        metadata.updated = version.created
        metadata.by = version.by
        if version.name != nil || metadata.newest != nil { metadata.newest = version.version }
        self = metadata
    }
}
