import Glibc
import LinuxSystem
import SpoolModel

/// A server on a spool, and what a person does with both.
final class Server: Sendable {
    /// The folder of the test.
    let folder: Folder
    /// The spool's absolute path.
    let spool: String
    /// The server's process.
    let process: Child
    /// Where it listens: `127.0.0.1:PORT`.
    let address: String
    /// `http` or `https`.
    let scheme: String
    /// Options of curl that every request takes: who asks, whom it trusts.
    let habits: [String]

    /// Starts a server and waits until it listens.
    ///
    /// - Parameters:
    ///   - spool: the spool's name in the folder.
    ///   - flags: flags of `serve` besides those for the spool, the interface and scrapy.
    ///   - environment: variables besides those of the tests, which they win over, as `NAME=value`.
    convenience init(
        in folder: Folder, spool: String = "spool", _ flags: String..., environment: [String] = []
    ) async throws {
        try await self.init(in: folder, spool: spool, flags: flags, environment: environment)
    }

    /// Starts a server and waits until it listens.
    ///
    /// - Parameters:
    ///   - program: the server's program, if not the one that was built.
    ///   - certificate: the certificate of a server that is to serve https, which curl then trusts.
    ///   - habits: options of curl that every request takes.
    ///   - prefix: words before the program: another one that runs it.
    init(
        in folder: Folder, spool: String = "spool", program: String? = nil, flags: [String],
        certificate: TestCertificate? = nil, habits: [String] = [], environment: [String] = [], prefix: [String] = []
    ) async throws {
        self.folder = folder
        self.spool = "\(folder.path)/\(spool)"
        scheme = certificate == nil ? "http" : "https"
        self.habits = habits + (certificate.map { ["--cacert", $0.cert] } ?? [])
        // Old versions go as soon as no job works with them, so that tests can wait for that.
        let keep = "SCRAPY_SPOOL_KEEP_VERSIONS="
        let usual =
            (environment.contains { $0.hasPrefix(keep) } ? [] : ["\(keep)0"])
            // Whether packages are installed does not depend on the machine that runs the tests.
            + (flags.contains("--uv") ? [] : ["SCRAPY_SPOOL_UV=off"])
        let process = try folder.start(
            prefix + [try program ?? Place.server()] + Server.arguments(spool: spool) + flags
                + (certificate?.flags ?? []),
            environment: environment + usual + Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") })
        self.process = process
        // A Unix socket besides may come first.
        let line = try await process.awaitLine("Listening at 127.0.0.1:", in: folder)
        address = "127.0.0.1:" + line.prefix { $0 != " " && $0 != "\"" }
    }

    /// The command line of a server on a free port.
    static func arguments(spool: String) -> [String] {
        ["serve", "--spool", spool, "--interface", "127.0.0.1:0", "--scrapy", Place.scrapy]
    }

    // MARK: Requests

    /// The URL of a path.
    func url(_ path: String) -> String { "\(scheme)://\(address)/\(path)" }

    /// Asks with curl.
    ///
    /// - Parameters:
    ///   - path: what follows the slash after the address, query string included.
    ///   - options: curl's own options.
    func curl(_ path: String, _ options: String..., input: String = "/dev/null") async throws -> Answer {
        try await curl(path, options: options, input: input)
    }

    /// Asks with curl.
    func curl(_ path: String, options: [String], input: String = "/dev/null") async throws -> Answer {
        let heads = folder.fresh("heads")
        let child = try folder.start(
            ["curl", "-s", "-S", "-g", "--path-as-is", "--max-time", "180", "-D", heads] + habits + options + [
                url(path)
            ],
            input: input)
        let end = try await child.wait(within: .seconds(200))
        guard File.exists(heads) else { throw Failure("curl \(path) \(options): \(end) \(child.said)") }
        return try Answer(heads: File.text(heads), body: File.bytes(child.out))
    }

    /// Asks, and throws unless the answer is ok.
    func ok(_ path: String, _ options: String...) async throws -> JSON {
        let answer = try await curl(path, options: options)
        guard answer.status == 200, try answer.json["status"] == .string("ok") else {
            throw Failure("\(path) \(options): \(answer.status) \(answer.text)")
        }
        return try answer.json
    }

    /// Pushes an archive.
    @discardableResult
    func push(_ archive: String) async throws -> JSON {
        try await ok("push-project.json", "-F", "archive=@\(archive)")
    }

    /// Asks for a job, and gives its id.
    ///
    /// - Parameter spider: `PROJECT/SPIDER`.
    func schedule(_ spider: String, when: String = "now", payload: String? = nil) async throws -> JobID {
        let names = spider.split(separator: "/")
        let payload = payload.map { ["--form-string", "payload=\($0)"] } ?? []
        let answer = try await curl(
            "schedule-job.json",
            options: ["-F", "project=\(names[0])", "-F", "spider=\(names[1])", "-F", "when=\(when)"] + payload)
        guard answer.status == 200, let id = try answer.json["identifier"]?.text.flatMap({ JobID($0) }) else {
            throw Failure("schedule \(spider) \(when): \(answer.text)")
        }
        return id
    }

    /// The jobs of a status, as the API lists them.
    func jobs(_ status: String) async throws -> [JSON] {
        try await ok("list-jobs.json?status=\(status)")["jobs"]?.elements ?? []
    }

    /// The ids of the jobs of a status, in the API's order.
    func ids(_ status: String) async throws -> [JobID] {
        try await jobs(status).compactMap { $0["identifier"]?.text.flatMap { JobID($0) } }
    }

    // MARK: The tree

    /// The directory of a job.
    func directory(of id: JobID) -> String { "\(spool)/jobs/\(id.day)/\(id)" }

    /// What a job's status file says.
    func status(of id: JobID) throws -> JobStatus {
        let text = try File.text(directory(of: id) + "/status")
        guard let status = JobStatus(parsing: text) else { throw Failure("the status of \(id): \(text)") }
        return status
    }

    /// Waits for a status of a job that is as it should be.
    func waitFor(
        _ what: String, of id: JobID, within limit: Duration = patience,
        _ isMet: @escaping @Sendable (JobStatus) -> Bool
    ) async throws -> JobStatus {
        let path = directory(of: id)
        return try await EndToEndTests.waitFor("\(id): \(what)", in: [path], within: limit) { [self] in
            let status = try status(of: id)
            return isMet(status) ? status : nil
        }
    }

    /// Waits until a spider runs: its process is known.
    func running(_ id: JobID) async throws -> JobStatus {
        let status = try await waitFor("runs", of: id) { $0.state.isFinal || $0.state == .running && $0[.pid] != nil }
        guard status.state == .running else { throw Failure("\(id) ended: \(status.line)\(log(of: id))") }
        return status
    }

    /// Waits until a job has ended and nobody counts it as active any more.
    func ended(_ id: JobID) async throws -> JobStatus {
        let status = try await waitFor("ends", of: id) { $0.state.isFinal }
        let mark = "\(spool)/active/\(id)"
        try await EndToEndTests.waitFor("\(id) leaves active/", in: ["\(spool)/active"]) {
            File.exists(mark) ? nil : ()
        }
        return status
    }

    /// Waits until a job has written a file, and gives its content.
    ///
    /// - Parameter name: the file's path in the job's directory.
    func file(_ name: String, of id: JobID, containing text: String = "") async throws -> String {
        let path = directory(of: id) + "/" + name
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        return try await EndToEndTests.waitFor("\(name) of \(id) with \(text)", in: [folder]) {
            guard let content = try? File.text(path), content.contains(text) else { return nil }
            return content
        }
    }

    /// Waits until nothing runs in the folder but this server: what is about to end gets the time for it.
    func awaitSolitude() async throws {
        for pid in folder.processes where pid != process.identity.pid {
            let command = (try? File.text("/proc/\(pid)/cmdline").replacing("\0", with: " ")) ?? ""
            do {
                try await awaitEnd(ofProcess: pid)
            } catch {
                throw Failure("left behind: \(error): \(command)")
            }
        }
    }

    /// Waits until all requests to cancel were met.
    func awaitNoRequests() async throws {
        let requests = "\(spool)/cancel"
        try await EndToEndTests.waitFor("no requests", in: [requests]) {
            File.names(requests).isEmpty ? () : nil
        }
    }

    /// A job's error output, for messages.
    func log(of id: JobID) -> String {
        (try? File.text(directory(of: id) + "/job.err")) ?? ""
    }

    /// What the server has logged.
    var log: String { (try? File.text(process.error)) ?? "" }
}

extension Child {
    /// Waits for a line of the error output that has a text in it, and gives what follows the text.
    func awaitLine(_ text: String, in folder: Folder) async throws -> String {
        let file = error
        return try await waitFor("the line \(text)", in: [folder.path], unlessEnded: self) {
            for line in try File.text(file).split(separator: "\n") {
                if let range = line.firstRange(of: text) { return String(line[range.upperBound...]) }
            }
            return nil
        }
    }
}
