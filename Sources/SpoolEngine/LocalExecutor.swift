internal import Glibc
internal import LinuxSystem
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// Starts shims on this machine.
struct LocalExecutor {
    let settings: EngineSettings

    /// Fills a job's working directory with links to the code of its project, so that the start costs the same for a
    /// project of any size and what the spider writes stays in the job's own directory.
    func prepareWork(
        of job: borrowing JobDirectory, project: ProjectMetadata, spool: Spool
    ) throws(SystemError) {
        // Nothing of it is flushed: whoever starts the job after a loss of power makes it again.
        try job.directory.makeDirectoryIfMissing("work")
        let work = try job.directory.directory("work")
        let place = "projects/\(project.name)/versions/\(project.version)/code/\(project.directory)"
        if let account = settings.account { try share(job, work, project, spool, with: account) }
        for name in try spool.root.directory(place).names() where !work.contains(name) {
            // Up from work/, the job, the day, and jobs/.
            try work.makeLink(name, to: "../../../../\(place)/\(name)")
        }
    }

    /// Lets another user work in the job's working directory and read the project's code, and nothing else: the way
    /// there can be gone but not looked around on.
    private func share(
        _ job: borrowing JobDirectory, _ work: borrowing Directory, _ project: ProjectMetadata, _ spool: Spool,
        with account: Account
    ) throws(SystemError) {
        try work.give(to: account)
        try job.directory.letThrough(account.group)
        try job.directory.directory("..").letThrough(account.group)
        try spool.share(project, with: account.group)
    }

    /// The command line of the spider.
    func command(for metadata: JobMetadata) -> [String] {
        var words = [settings.scrapy, "crawl", metadata.spider.description]
        if metadata.payload != "{}" { words += ["-a", "payload=\(metadata.payload)"] }
        return words
    }

    /// Starts the shim of a job, which owns the lock from here on as well, and does nothing before it is let go.
    func spawn(
        _ metadata: JobMetadata, attempt: String, in job: borrowing JobDirectory, lock: borrowing Descriptor,
        dataDirectory: String
    ) throws(SystemError) -> HeldShim {
        let leash = try Pipe()
        let options = startOptions(metadata.id, attempt) + ["--held", "--"] + command(for: metadata)
        let pid = try spawnShim(
            options, in: job, files: [lock.number, leash.reading.number],
            environment: environment(of: metadata, dataDirectory: dataDirectory))
        return HeldShim(pid: pid, leash: leash.keepWriting())
    }

    /// The script by which Slurm starts the shim of a job on a node, where all paths are the same.
    func script(
        for metadata: JobMetadata, attempt: String, by slurm: SlurmSettings, spool: Spool
    ) throws(SystemError) -> SlurmScript {
        var options = startOptions(metadata.id, attempt)
        options += ["--directory", "\(spool.path)/jobs/\(metadata.id.day)/\(metadata.id)"]
        options += ["--limit", String(slurm.time), "--memory", String(slurm.memory)]
        options += ["--silence", String(max(1, slurm.lostAfter / 2)), "--kill-wait", String(slurm.killWait)]
        let data = try spool.dataDirectory(of: metadata.project, for: settings.account)
        return SlurmScript(
            shim: settings.shim, options: options, command: command(for: metadata),
            environment: environment(of: metadata, dataDirectory: data))
    }

    /// Starts a shim that only waits for what a lost one left.
    func spawnWatch(
        _ id: JobID, attempt: String, in job: borrowing JobDirectory, lock: borrowing Descriptor
    ) throws(SystemError) -> Int32 {
        return try spawnShim(
            options(id, attempt) + ["--watch"], in: job, files: [lock.number], environment: settings.environment)
    }

    private func options(_ id: JobID, _ attempt: String) -> [String] {
        ["--job", id.description, "--attempt", attempt, "--grace", String(settings.grace)]
    }

    private func startOptions(_ id: JobID, _ attempt: String) -> [String] {
        options(id, attempt) + ["--files", String(settings.fileLimit)]
            + (settings.account.map { ["--user", $0.description] } ?? [])
    }

    private func environment(of metadata: JobMetadata, dataDirectory: String) -> [String] {
        settings.environment + ["SCRAPY_JOB=\(metadata.id)", "SPIDER_DATA_DIR=\(dataDirectory)"]
    }

    private func spawnShim(
        _ options: [String], in job: borrowing JobDirectory, files: [Int32], environment: [String]
    ) throws(SystemError) -> Int32 {
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        var command = Command(
            path: settings.shim, arguments: ["scrapy-spool-shim"] + options, environment: environment,
            files: [null.number, null.number, null.number] + files)
        // Until it is ready for them, requests to stop wait.
        command.blockedSignals = [SIGUSR1, SIGTERM, SIGINT, SIGHUP, SIGCHLD]
        return try command.spawn(in: job.directory)
    }
}
