import Glibc
import SpoolModel
import Testing

@Suite("Which finished jobs are kept, and for how long", .fewAtATime)
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
            // It goes as soon as it has ended.
            let next = try await server.schedule("shop/fast")
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
                ids.append(try await run("shop/sh", payload: "\"head -c 2000000 /dev/urandom > file\"", on: server))
            }
            try await gone(ids[0], from: server)
            #expect(File.exists(server.directory(of: ids[1]) + "/work/file"))
        }
    }

    @Test("A job with a sparse file takes the room of its blocks, and one that alone takes too much goes alone")
    func oversized() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--keep-size", "3M")
            try await server.push(try await standIn.archive("shop"))
            _ = try await server.schedule("shop/fast", when: "every 2 days")
            let first = try await run("shop/sh", payload: "\"head -c 1000000 /dev/urandom > file\"", on: server)
            let sparse = try await run("shop/sh", payload: "\"truncate -s 30G file\"", on: server)
            // It goes by itself when it has ended, so its end is not waited for. The others are measured before it.
            let large = try await server.schedule("shop/sh", payload: "\"head -c 4000000 /dev/urandom > file\"")
            try await gone(large, from: server)
            #expect([first, sparse].allSatisfy { File.exists(server.directory(of: $0) + "/work/file") })
        }
    }

    @Test("A pinned job stays and can be let go, by hand as well; what is wrong with a request is said")
    func pin() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let first = try await standIn.server("--completed-cap", "2")
            try await first.push(try await standIn.archive("shop"))
            _ = try await first.schedule("shop/fast", when: "every 2 days")
            let pinned = try await run("shop/fast", on: first)
            let touched = try await run("shop/fast", on: first)
            _ = try await first.ok("pin-job.json", "-F", "id=\(pinned)")
            try File.write("", to: first.directory(of: touched) + "/pinned")
            var others: [JobID] = []
            for _ in 0..<4 { others.append(try await run("shop/fast", on: first)) }
            try await gone(others[1], from: first)
            #expect([pinned, touched, others[3]].allSatisfy { File.exists(first.directory(of: $0)) })
            for fields in [["id=\(Self.none)"], ["id=\(pinned)", "pinned=maybe"], ["pinned=yes"]] {
                let answer = try await first.curl("pin-job.json", options: fields.flatMap { ["-F", $0] })
                #expect(answer.status == 400, "\(fields)")
            }
            _ = try await first.ok("pin-job.json", "-F", "id=\(pinned)", "-F", "pinned=no")
            _ = try await first.process.end(by: SIGTERM)
            let second = try await standIn.server("--completed-cap", "1")
            try await gone(pinned, from: second)
            #expect([touched, others[3]].allSatisfy { File.exists(second.directory(of: $0)) })
        }
    }

    @Test("A finished job is deleted with its files and still counts; another one is not")
    func delete() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let ids = [try await run("shop/fast", on: server), try await run("shop/fail", on: server)]
            let pinned = try await run("shop/fast", on: server)
            _ = try await server.ok("pin-job.json", "-F", "id=\(pinned)")
            let slow = try await server.schedule("shop/slow")
            _ = try await server.running(slow)
            for (id, message) in [("\(slow)", "cancel it first"), ("\(pinned)", "pinned"), (Self.none, "No such job")] {
                let answer = try await server.curl("delete-job.json", "-F", "id=\(id)")
                #expect(answer.status == 400 && answer.text.contains(message), "\(answer.text)")
            }
            _ = try await server.ok("delete-job.json", "-F", "id=\(ids[0])")
            let child = try folder.start(
                ["\(Place.programs)/scrapy-spool", "delete", "\(ids[1])", "--url", "http://\(server.address)"])
            #expect(try await child.wait().exit == 0, "\(child.said)")
            #expect(try File.text(child.out) == "Deleted \(ids[1])\n")
            for id in ids {
                #expect(!File.exists(server.directory(of: id)))
                #expect(try await server.curl("delete-job.json", "-F", "id=\(id)").status == 400)
            }
            #expect(try await server.ids("COMPLETED") == [pinned])
            // The janitor deletes what is left in tmp/.
            try await waitFor("an empty tmp/", in: ["\(server.spool)/tmp"]) {
                File.names("\(server.spool)/tmp").isEmpty ? () : nil
            }
            let days = try await server.ok("statistics.json?days=2")["days"]?.elements ?? []
            let counts = ["SUCCESSFUL", "FAILED"].map { state in days.reduce(0) { $0 + ($1[state]?.integer ?? 0) } }
            #expect(counts == [2, 1])
            _ = try await server.ok("cancel-job.json", "-F", "id=\(slow)")
        }
    }

    private static let none = "5b30c8a2-42e5-4ad5-b143-4cb0420955a5"
}
