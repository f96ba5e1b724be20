internal import LinuxSystem
public import SpoolModel

/// The versions of a project by the names that clients of scrapyd give them.
extension Spool {
    /// The versions of a project in scrapyd's order (``VersionName/sorted(_:by:)``), but the current one last: to these clients
    /// the last is the one in use. Of several with the same name the newest is the version. Removed and damaged ones are
    /// left out, and those of a push that was interrupted before its end.
    public func namedVersions(of project: ProjectMetadata) throws(SpoolError) -> [VersionMetadata] {
        var keys: Set<String> = []
        var found: [(metadata: VersionMetadata, name: VersionName)] = []
        for number in try versions(of: project.name) where project.hasEnded(pushOf: number.value) {
            guard let metadata = versionIfReadable(number.value, of: project.name), !metadata.isRemoved,
                let name = metadata.clientName, keys.insert(name.key).inserted
            else { continue }
            found.append((metadata, name))
        }
        var sorted = VersionName.sorted(found, by: \.name).map(\.metadata)
        if let index = sorted.firstIndex(where: { $0.version == project.version }) {
            sorted.append(sorted.remove(at: index))
        }
        return sorted
    }

    /// The version of a project by any text with the key of its name; nil if there is none.
    public func version(named text: String, of project: ProjectMetadata) throws(SpoolError) -> VersionMetadata? {
        let key = VersionName.key(text)
        return try namedVersions(of: project).first { $0.clientName?.key == key }
    }

    /// The spiders that a job can name.
    ///
    /// Throws `.missing` if there is no version by the name or the number that the job names.
    public func spiders(of project: ProjectMetadata, for job: JobMetadata) throws(SpoolError) -> [SpiderName] {
        guard let name = job.client?.version, !name.isEmpty else {
            return try spiders(of: project, in: job.options.version)
        }
        guard let version = try version(named: name, of: project) else {
            throw SpoolError(.missing, "version '\(name)' not found")
        }
        return version.spiders
    }

    /// The number of the version that a job names, by its number or as a client of scrapyd does; nil for the current one.
    /// Throws `.missing` if there is none of that name.
    public func namedVersion(for job: JobMetadata, of project: ProjectMetadata) throws(SpoolError) -> Int? {
        guard let name = job.client?.version, !name.isEmpty else { return job.options.version?.value }
        guard let version = try version(named: name, of: project) else {
            throw SpoolError(.missing, "Project \(project.name) has no version \(name)")
        }
        return version.version
    }

    /// The number of the version that a job runs if it starts now. Throws `.missing` as ``namedVersion(for:of:)`` does.
    public func version(for job: JobMetadata, of project: ProjectMetadata) throws(SpoolError) -> Int {
        try namedVersion(for: job, of: project) ?? project.version
    }

    /// Removes a version: no job can name it from now on, and its code goes when no job works with it. The current one is
    /// replaced by the last of the others.
    ///
    /// Throws `.missing` if there is no such version, `.refused` if it is the only one, or if the next one lacks a spider that
    /// has scheduled jobs.
    public func removeVersion(
        named text: String, of name: ProjectName, at instant: Timestamp, by requester: Requester?
    ) throws(SpoolError) {
        let project = try self.project(name)
        let versions = try namedVersions(of: project)
        let key = VersionName.key(text)
        guard let version = versions.first(where: { $0.clientName?.key == key }) else {
            throw SpoolError(.missing, "version '\(text)' not found")
        }
        if version.version == project.version {
            guard let next = versions.dropLast().last.flatMap({ VersionNumber($0.version) }) else {
                throw SpoolError(.refused, "The version \(text) is the only one of project \(name)")
            }
            _ = try makeCurrent(next, of: name, at: instant, by: requester)
        }
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            // All with that name: an earlier one would come back in its place.
            for number in try self.versions(of: name).reversed() where number.value <= version.version {
                guard var metadata = versionIfReadable(number.value, of: name), metadata.clientName?.key == key else {
                    continue
                }
                metadata.isRemoved = true
                try doing("remove version \(number.value) of \(name)") { () throws(SystemError) in
                    try projects.directory("\(name)/versions/\(number.value)").publish("metadata.json", metadata.file)
                }
            }
        }
        // A hint for the engine, which deletes the code.
        _ = try? projects.touch(name.description)
    }

    /// Removes versions that must not count: those of pushes that were interrupted before their end, since the next push would
    /// make them count, and those of a removed project. The caller has the exclusive lock of the projects.
    ///
    /// - Parameter project: nil if there is none, or its metadata cannot be read.
    func dropLeft(
        in place: borrowing Directory, _ versions: borrowing Directory, of project: ProjectMetadata?
    ) throws(SystemError) {
        if let project {
            try drop(from: versions) { !project.hasEnded(pushOf: $0) }
        } else if !place.contains("metadata.json") {
            try drop(from: versions) { _ in true }
        }
    }

    private func drop(from versions: borrowing Directory, where isLeft: (Int) -> Bool) throws(SystemError) {
        for number in try versions.names().compactMap({ VersionNumber($0)?.value }) where isLeft(number) {
            guard let place = versions.directoryIfAny("\(number)"),
                let content = try place.contentIfUsable("metadata.json", limit: 16 << 20),
                var metadata = VersionMetadata(parsing: content), metadata.name != nil, !metadata.isRemoved
            else { continue }
            metadata.isRemoved = true
            try place.publish("metadata.json", metadata.file)
        }
    }

    /// Whether a new version becomes the current one: it has the name of the current one, or it comes last.
    func isLast(_ name: VersionName, of project: ProjectMetadata) throws(SpoolError) -> Bool {
        let others = try namedVersions(of: project)
        if others.last?.clientName?.key == name.key { return true }
        let names = others.compactMap(\.clientName).filter { $0.key != name.key }
        return VersionName.sorted(names + [name]) { $0 }.last == name
    }

    /// The versions that stay until a client of scrapyd deletes them: of each name the newest. And those that it has deleted.
    func clientVersions(of name: ProjectName, among numbers: [Int]) -> (kept: Set<Int>, removed: Set<Int>) {
        var keys: Set<String> = []
        var (kept, removed): (Set<Int>, Set<Int>) = ([], [])
        let project = projectIfAny(name)
        for number in numbers.sorted(by: >) where project?.hasEnded(pushOf: number) != false {
            guard let metadata = versionIfReadable(number, of: name) else { continue }
            if metadata.isRemoved {
                removed.insert(number)
            } else if let given = metadata.name, keys.insert(given.key).inserted {
                kept.insert(number)
            }
        }
        return (kept, removed)
    }

    /// The metadata of a version; nil if it cannot be read, for any reason.
    private func versionIfReadable(_ number: Int, of name: ProjectName) -> VersionMetadata? {
        // The caller leaves the version out, or keeps it as one without a name.
        let content = try? root.content("projects/\(name)/versions/\(number)/metadata.json", limit: 16 << 20)
        guard let content, let metadata = VersionMetadata(parsing: content), metadata.version == number else {
            return nil
        }
        return metadata
    }
}

extension ProjectMetadata {
    /// Whether the push of a version came to its end.
    func hasEnded(pushOf number: Int) -> Bool {
        guard let newest else { return true }
        // Numbers begin anew at the highest one.
        return number <= newest || number == version || newest == VersionNumber.limit
    }
}
