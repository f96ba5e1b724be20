import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// The shim of a job is spawned when the job's mark is there, before the job itself.
@Suite("Early starts", .fewAtATime)
struct EarlyStartTests {
    /// Marks a draft, and waits until the engine has taken the lock in it.
    private func mark(_ id: JobID, of server: Server) async throws {
        try server.mark(id)
        let draft = "\(server.spool)/tmp/\(id)"
        try await waitFor("the early start", in: [draft]) { File.exists("\(draft)/lock") ? () : nil }
    }

    private func attempts(of id: JobID, _ server: Server) -> Int {
        File.names(server.directory(of: id)).count { $0.hasPrefix("claim.") }
    }

    @Test(
        "A job that comes after its mark runs once, whatever has become of its directory meanwhile",
        arguments: ["mv tmp/ID jobs/DAY/ID", "cp -r tmp/ID jobs/DAY/ID; rm -r tmp/ID"])
    func comes(_ commands: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            for _ in 1...3 {
                let id = try server.draft("shop/sh", payload: #""echo once >> ../runs""#)
                try await mark(id, of: server)
                let line = commands.replacing("ID", with: "\(id)").replacing("DAY", with: id.day)
                try await folder.shell("cd \(server.spool); \(line); touch -h active/\(id)")
                #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))")
                #expect(try File.text("\(server.directory(of: id))/runs") == "once\n")
                #expect(attempts(of: id, server) == 1)
            }
            try await server.awaitSolitude()
        }
    }

    @Test("A job that is canceled before the engine sees it does not run")
    func canceled() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try server.draft("shop/fast")
            try await mark(id, of: server)
            // The engine may have canceled it, and removed its mark, before it is touched.
            try await folder.shell(
                """
                cd \(server.spool); mv tmp/\(id) jobs/\(id.day)/; touch cancel/\(id)
                touch -h active/\(id) || [ ! -L active/\(id) ]
                """)
            #expect(try await server.ended(id).state == .canceled)
            #expect(attempts(of: id, server) == 0)
            try await server.awaitSolitude()
        }
    }

    @Test("The shim of a job that does not come leaves, also when its server is killed", arguments: [false, true])
    func doesNotCome(isKilled: Bool) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try server.draft("shop/fast")
            try await mark(id, of: server)
            if isKilled { try await server.process.end(by: SIGKILL) }
            // A moment later the lock is free, and the job can come.
            let lock = try Directory(path: "\(server.spool)/tmp/\(id)").file("lock", O_RDWR)
            try await onThread { [lock = OpenFile(lock)] in try lock.descriptor.lock(shared: false) }
            try File.rename("\(server.spool)/tmp/\(id)", to: server.directory(of: id))
            let next = isKilled ? try await standIn.server() : server
            // A server that starts looks at all marks.
            if !isKilled { try await folder.run("touch", "-h", "\(server.spool)/active/\(id)") }
            #expect(try await next.ended(id).state == .successful)
            #expect(attempts(of: id, server) == 1)
        }
    }
}
