internal import Glibc
internal import LinuxSystem
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// Starts shims on this machine.
struct ShimLauncher {
    let settings: EngineSettings
    /// The path of the spool.
    let spool: String
    /// The module by which crawls report; nil if they do not report.
    let report: ReportHook?

    /// The command line of the spider.
    func command(for metadata: JobMetadata) -> [String] {
        var words = [settings.scrapy, "crawl", metadata.spider.description]
        if let client = metadata.client { words += ["-a", "_job=\(client.id)"] }
        if metadata.payload != "{}" { words += ["-a", "payload=\(metadata.payload)"] }
        for argument in metadata.options.arguments { words += ["-a", "\(argument.name)=\(argument.text)"] }
        if let version = metadata.client?.version { words += ["-a", "_version=\(version)"] }
        for setting in metadata.options.settings { words += ["-s", "\(setting.name)=\(setting.text)"] }
        // Code for scrapyd reads this setting. Another user cannot open a file in the spool by its path.
        if metadata.client != nil, settings.hasClients, settings.account == nil {
            let path = Spool.logPath(of: metadata)
            words += ["-s", "LOG_FILE=\(spool)/\(Spool.logs)/\(path.project)/\(path.spider)/\(path.name).log"]
            if settings.hasItems {
                let feed = ShimLauncher.encoded("\(spool)/\(Spool.itemPath(of: metadata))")
                words += ["-s", "FEEDS={\"file://\(feed)\": {\"format\": \"jsonlines\"}}"]
            }
        }
        return words
    }

    /// A path in a URI, with all but letters, digits and `_.-~/` percent-encoded (RFC 3986 §2.3).
    private static func encoded(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || "_.-~/".unicodeScalars.contains(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                text +=
                    "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
            }
        }
    }

    /// The setting by which Scrapy 2.19 and later start, by default, an HTTP server in each crawl that runs what is sent
    /// to it.
    private static let remoteControl = "REMOTE_CONTROL_ENABLED"

    /// The command line with which the spider is started. The module turns Scrapy's remote control off unless the project
    /// asks for it; without the module, it is off unless the job does.
    private func startCommand(for metadata: JobMetadata) -> [String] {
        let words = command(for: metadata)
        let isAsked = metadata.options.settings.contains { $0.name == ShimLauncher.remoteControl }
        return report != nil || isAsked ? words : words + ["-s", "\(ShimLauncher.remoteControl)=False"]
    }

    /// Starts the shim of a job. It shares the lock from now on, and does nothing until ``PreparedShim/start()``.
    ///
    /// - Parameters:
    ///   - takeSpare: takes one that waits for a job; nil if there is none.
    ///   - rules: the rules with numbers in place of medians; nil for those of its metadata.
    func spawn(
        _ metadata: JobMetadata, attempt: String, in job: borrowing JobDirectory, lock: borrowing Descriptor,
        dataDirectory: String, rules: [FailRule]?, by takeSpare: () -> SpareShim?
    ) throws(SystemError) -> PreparedShim {
        let startPipe = try Pipe()
        let command = shimCommand(for: metadata, attempt: attempt, dataDirectory: dataDirectory, rules: rules)
        // Once it is taken, nothing is thrown before it has the job or is ended.
        if let spare = takeSpare(), spare.take(command, in: job.directory, lock: lock, pipe: startPipe.reading) {
            return PreparedShim(pid: spare.pid, startPipe: startPipe.keepWriting(), isSpare: true)
        }
        let pid = try spawn(command, in: job, files: [lock.number, startPipe.reading.number])
        return PreparedShim(pid: pid, startPipe: startPipe.keepWriting())
    }

    /// The command of a shim that waits for its start. It has no files yet.
    ///
    /// - Parameter rules: the rules with numbers in place of medians; nil for those of its metadata.
    func shimCommand(
        for metadata: JobMetadata, attempt: String, dataDirectory: String, rules: [FailRule]?
    ) -> Command {
        shimCommand(
            startOptions(metadata.id, attempt, rules) + ["--held", "--"] + startCommand(for: metadata),
            environment: environment(of: metadata, dataDirectory: dataDirectory))
    }

    private func shimCommand(_ options: [String], environment: [String]) -> Command {
        Command(
            path: settings.shim, arguments: ["scrapy-spool-shim"] + options, environment: environment, files: [])
    }

    /// The script by which Slurm starts the shim of a job on a node, where all paths are the same.
    func script(
        for metadata: JobMetadata, attempt: String, by slurm: SlurmSettings, spool: Spool, rules: [FailRule]?
    ) throws(SystemError) -> SlurmScript {
        var options = startOptions(metadata.id, attempt, rules)
        options += ["--directory", "\(spool.path)/jobs/\(metadata.id.day)/\(metadata.id)"]
        options += ["--limit", String(slurm.time), "--memory", String(slurm.memory)]
        options += ["--silence", String(max(1, slurm.lostAfter / 2)), "--kill-wait", String(slurm.killWait)]
        let data = try spool.dataDirectory(of: metadata.project, for: settings.account)
        return SlurmScript(
            shim: settings.shim, options: options, command: startCommand(for: metadata),
            environment: environment(of: metadata, dataDirectory: data))
    }

    /// Starts a shim that only waits for the processes of a lost one.
    func spawnWatch(
        _ metadata: JobMetadata, attempt: String, in job: borrowing JobDirectory, lock: borrowing Descriptor
    ) throws(SystemError) -> Int32 {
        let options = options(metadata.id, attempt) + ["--watch", "--"] + command(for: metadata)
        return try spawn(
            shimCommand(options, environment: settings.environment), in: job, files: [lock.number])
    }

    private func options(_ id: JobID, _ attempt: String) -> [String] {
        ["--job", id.description, "--attempt", attempt, "--grace", String(settings.grace)]
    }

    private func startOptions(_ id: JobID, _ attempt: String, _ rules: [FailRule]?) -> [String] {
        options(id, attempt) + ["--files", String(settings.fileLimit)]
            + (settings.account.map { ["--user", $0.description] } ?? [])
            + (rules.map { ["--rules", $0.map(\.description).joined(separator: ",")] } ?? [])
    }

    private func environment(of metadata: JobMetadata, dataDirectory: String) -> [String] {
        var variables = settings.environment + ["SCRAPY_JOB=\(metadata.id)", "SPIDER_DATA_DIR=\(dataDirectory)"]
        // An argument of exec(3) has no NUL.
        if let version = metadata.client?.version, !version.utf8.contains(0) {
            variables.append("SCRAPYD_EGG_VERSION=\(version)")
        }
        return report?.added(to: variables, of: metadata.id) ?? variables
    }

    private func spawn(
        _ command: Command, in job: borrowing JobDirectory, files: [Int32]
    ) throws(SystemError) -> Int32 {
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        var command = command
        command.files = [null.number, null.number, null.number] + files
        // Signals stay pending until the shim is ready to handle them.
        command.blockedSignals = [SIGUSR1, SIGTERM, SIGINT, SIGHUP, SIGCHLD]
        return try command.spawn(in: job.directory)
    }
}
