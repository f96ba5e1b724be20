import Glibc
import SpoolModel

/// Tests of warm starts.
protocol WarmSuite {}

extension WarmSuite {
    /// The fact `start` of a status.
    func start(_ status: JobStatus) -> String { status[.start] ?? "none" }

    /// Runs a spider until one of its jobs has started in a certain way. There is a parent only after the first jobs, and a
    /// busy machine may be late.
    func run(
        _ spider: String, of project: String = "acme", on server: Server,
        until isMet: (String) -> Bool = { $0 == "warm" }
    ) async throws -> JobID {
        var seen: [String] = []
        for _ in 1...60 {
            let id = try await server.schedule("\(project)/\(spider)")
            let status = try await server.ended(id)
            seen.append(start(status))
            if isMet(start(status)) { return id }
        }
        throw Failure("started only as \(seen)\n\(server.log)")
    }

    /// A script `scrapy` in a folder of its own, whose interpreter is as given, or the one of the tests.
    func script(in folder: Folder, interpreter: String? = nil) async throws -> String {
        let lines = try File.text(Place.scrapy).split(separator: "\n", omittingEmptySubsequences: false)
        let directory = folder.fresh("bin")
        try File.makeDirectory(directory)
        try File.write(
            ([interpreter.map { "#!\($0)"[...] } ?? lines[0]] + lines.dropFirst()).joined(separator: "\n"),
            to: "\(directory)/scrapy")
        chmod("\(directory)/scrapy", 0o755)
        return "\(directory)/scrapy"
    }
}
