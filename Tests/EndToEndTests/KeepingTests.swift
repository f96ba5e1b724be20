import Glibc
import SpoolModel
import Testing

@Suite("Which finished jobs are kept, and for how long")
struct KeepingTests {
    private func gone(_ id: JobID, from server: Server) async throws {
        let path = server.directory(of: id)
        try await waitFor("\(id) goes", in: ["\(server.spool)/jobs", "\(server.spool)/jobs/\(id.day)"]) {
            File.exists(path) ? nil : ()
        }
    }

    /// Runs a spider to its end.
    private func run(_ spider: String, payload: String? = nil, on server: Server) async throws -> JobID {
        let id = try await server.schedule(spider, payload: payload)
        _ = try await server.ended(id)
        return id
    }

    @Test("Failed jobs are kept by a limit of their own, which a reload changes, and what goes stays counted")
    func ages() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let file = "\(folder.path)/server.conf"
            try File.write("[scrapy-do]\nkeep = off\nkeep-failed = off\n", to: file)
            let server = try await standIn.server("--config", file)
            try await server.push(try await standIn.archive("shop"))
            // So that the day stays.
            _ = try await server.schedule("shop/fast", when: "every 2 days")
            let good = try await run("shop/fast", on: server)
            let failed = try await run("shop/fail", on: server)
            try File.write("[scrapy-do]\nkeep = 0\nkeep-failed = off\n", to: file)
            try server.process.send(SIGHUP)
            try await gone(good, from: server)
            let next = try await run("shop/fast", on: server)
            try await gone(next, from: server)
            #expect(File.exists(server.directory(of: failed)))
            try File.write("[scrapy-do]\nkeep = off\nkeep-failed = 1s\n", to: file)
            try server.process.send(SIGHUP)
            try await gone(failed, from: server)
            let days = try await server.ok("overview.json")["days"]?.elements ?? []
            #expect(days.reduce(0) { $0 + ($1["SUCCESSFUL"]?.integer ?? 0) } == 2)
            #expect(days.reduce(0) { $0 + ($1["FAILED"]?.integer ?? 0) } == 1)
        }
    }

    @Test("When they take too much room, those that ended first go")
    func sizes() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--keep-size", "3M")
            try await server.push(try await standIn.archive("shop"))
            _ = try await server.schedule("shop/fast", when: "every 2 days")
            var ids: [JobID] = []
            for _ in 0..<2 {
                ids.append(try await run("shop/sh", payload: "\"head -c 2000000 /dev/zero > file\"", on: server))
            }
            try await gone(ids[0], from: server)
            #expect(File.exists(server.directory(of: ids[1]) + "/work/file"))
        }
    }
}
