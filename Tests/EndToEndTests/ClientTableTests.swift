import LinuxSystem
import SpoolModel
import Testing

/// The programs by which people use the server, each with the real one.
@Suite("Programs that speak HTTP", .fewAtATime)
struct ClientTableTests {
    private static let scripts = "\(Place.repository)/Tests/Clients"
    fileprivate static let interpreter = "\(Place.repository)/.venv-clients/bin/python"

    @Test(
        "A program of the shell gets what its user expects",
        .enabled(
            if: ["ab", "wrk", "curl", "wget", "jq"].allSatisfy { Place.program($0) != nil },
            "ab, wrk, curl, wget or jq is not installed: run tools/setup --test"),
        arguments: ["ab", "wrk", "curl", "wget"])
    func shell(client: String) async throws {
        try await run(["bash", "\(Self.scripts)/clients.sh", client])
    }

    @Test(
        "A library of Python does",
        .enabled(if: File.isProgram(ClientTableTests.interpreter), "there is no .venv-clients: run tools/setup --test"),
        arguments: ["urllib", "requests", "httpx", "aiohttp"])
    func python(library: String) async throws {
        try await run([Self.interpreter, "-B", "\(Self.scripts)/clients.py", library])
    }

    @Test(
        "Node does, which reads strictly", .enabled(if: Place.program("node") != nil, "there is no node on PATH"),
        arguments: ["http", "undici"])
    func node(library: String) async throws {
        try await run(["node", "\(Self.scripts)/clients.mjs", library])
    }

    @Test(
        "Java's client does, which asks for HTTP/2 first",
        .enabled(if: Place.program("javac") != nil, "there is no javac on PATH, so nothing that runs a source file"))
    func java() async throws {
        try await run(["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "\(Self.scripts)/Clients.java"])
    }

    /// Runs a client against a server with a log that goes on until the client lets it end, and one that has ended.
    private func run(_ words: [String]) async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let standIn = try await StandIn(in: folder)
            let server = try await Server(
                in: folder, flags: ["--scrapy", standIn.scrapy] + users.flags, habits: users.alice)
            try await server.push(standIn.archive("shop"))
            try await folder.run("mkfifo", "\(folder.path)/go")
            let finished = try await server.schedule("shop/sh", payload: "\"printf 0123456789\"")
            let going = try await server.schedule(
                "shop/sh", payload: "\"echo begun >&2; read line < \(folder.path)/go; echo ended >&2\"")
            _ = try await server.ended(finished)
            _ = try await server.file("job.err", of: going, containing: "begun")
            let child = try folder.start(
                words + [
                    server.url(""), "get-log/data/\(going).err", "\(folder.path)/go", "get-log/data/\(finished).out",
                ])
            let end = try await child.wait(within: .seconds(300))
            #expect(end.exit == 0, "\(child.said)\n\(server.log)")
            #expect(!server.log.contains("error"), "\(server.log)")
            #expect(!server.log.contains("Refused a login"), "\(server.log)")
        }
    }
}
