import LinuxSystem
import SpoolModel

/// A server with an interface for clients of scrapyd, and what curl asks there.
struct ScrapydSite: Sendable {
    /// The server.
    let server: Server
    /// Where it listens for these clients: `127.0.0.1:PORT`.
    let address: String

    /// Starts a server and waits until it listens at both interfaces.
    init(in folder: Folder, _ flags: [String] = [], scrapy: String? = nil, environment: [String] = []) async throws {
        server = try await Server(
            in: folder,
            flags: ["--scrapyd-interface", "127.0.0.1:0", "--scrapyd-node-name", "node"] + flags
                + (scrapy.map { ["--scrapy", $0] } ?? []), environment: environment)
        let line = try await server.process.awaitLine("Listening for clients of scrapyd at 127.0.0.1:", in: folder)
        address = "127.0.0.1:" + line.prefix { $0 != " " && $0 != "\"" }
    }

    /// Asks with curl.
    func curl(_ path: some StringProtocol, _ options: String...) async throws -> Answer {
        try await curl(path, options: options)
    }

    /// Asks with curl.
    func curl(_ path: some StringProtocol, options: [String]) async throws -> Answer {
        let heads = server.folder.fresh("heads")
        let child = try server.folder.start(
            ["curl", "-s", "-S", "-g", "--path-as-is", "--max-time", "180", "-D", heads] + options
                + ["http://\(address)/\(path)"])
        let end = try await child.wait(within: .seconds(200))
        guard File.exists(heads) else { throw Failure("curl \(path) \(options): \(end) \(child.said)") }
        let isHead = options.contains("-I")
        return try Answer(heads: File.text(heads), body: isHead ? [] : File.bytes(child.out))
    }

    /// Asks, and throws unless the answer is ok.
    func ok(_ path: String, _ options: String...) async throws -> JSON {
        let answer = try await curl(path, options: options)
        guard answer.status == 200, try answer.json["status"]?.text == "ok" else {
            throw Failure("\(path) \(options): \(answer.status) \(answer.text)")
        }
        return try answer.json
    }

    /// Deploys a version.
    func deploy(_ project: String, _ version: String, _ egg: String) async throws {
        _ = try await ok("addversion.json", "-F", "project=\(project)", "-F", "version=\(version)", "-F", "egg=@\(egg)")
    }

    /// Asks for a job without an id, and gives the server's.
    func schedule(_ project: String, _ spider: String, _ options: [String] = []) async throws -> JobID {
        let answer = try await curl(
            "schedule.json", options: ["-d", "project=\(project)", "-d", "spider=\(spider)"] + options)
        let text = Array(try answer.json["jobid"]?.text ?? "")
        guard text.count == 32 else { throw Failure("schedule: \(answer.text)") }
        let parts = [text[..<8], text[8..<12], text[12..<16], text[16..<20], text[20...]].map { String($0) }
        guard let id = JobID(parts.joined(separator: "-")) else { throw Failure("schedule: \(answer.text)") }
        return id
    }

    /// The id of such a job to clients.
    static func hex(_ id: JobID) -> String { "\(id)".replacing("-", with: "") }

    /// Waits until so many jobs have ended, and gives them as they are listed.
    func ended(count: Int) async throws -> [JSON] {
        let active = "\(server.spool)/active"
        try await waitFor("\(count) ended", in: [active]) { File.names(active).isEmpty ? () : nil }
        let finished = try await ok("listjobs.json")["finished"]?.elements ?? []
        guard finished.count == count else { throw Failure("\(finished.map(\.line))") }
        return finished
    }
}
