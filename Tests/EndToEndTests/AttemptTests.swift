import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("What interrupted attempts leave", .fewAtATime)
struct AttemptTests {
    /// Writes a little and waits for its end at the first attempt; looks around and writes something else at the second.
    private static let code = """
        import os, time
        mark = os.path.join(os.environ['SPIDER_DATA_DIR'], 'mark')
        if not os.path.exists(mark):
            open('partial.txt', 'w').write('half')
            open('data/a.txt', 'w').write('mine')
            open('crawl.jsonl', 'a').write('1\\n')
            os.mkdir('own')
            open(mark, 'w').close()
            time.sleep(1000)
        assert not os.path.exists('partial.txt')
        assert not os.path.exists('own')
        assert open('data/a.txt').read() == 'a\\n'
        open('crawl.jsonl', 'a').write('2\\n')
        open('seen.txt', 'w').write(open('edition.txt').read())
        """

    /// A job of which server, shim and spider were killed in the middle.
    private func interrupted(
        in folder: Folder, _ room: Workroom, flags: [String]
    ) async throws -> (JobID, JobStatus) {
        let server = try await Server(in: folder, flags: flags + ["--scrapy", room.scrapy])
        try await server.push(room.archive)
        let id = try await server.schedule("writer/write", payload: Workroom.payload(AttemptTests.code))
        let mark = "\(server.spool)/data/writer"
        _ = try await server.running(id)
        try await waitFor("the first attempt", in: [mark]) { File.exists(mark + "/mark") ? () : nil }
        let status = try server.status(of: id)
        try await server.process.end(by: SIGKILL)
        for fact in [JobStatus.NumberFact.shim, .pid] {
            let pid = Int32(truncatingIfNeeded: try #require(status[fact]))
            try ProcessIdentity(pid: pid)?.open()?.send(SIGKILL)
            try await awaitEnd(ofProcess: pid)
        }
        return (id, status)
    }

    @Test(
        "The second attempt begins afresh, with the code that its status names; what the first one wrote is kept",
        arguments: [false, true], WorkTests.users)
    func second(isPushedAgain: Bool, user: String) async throws {
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            let flags = user.isEmpty ? [] : ["--run-as", user]
            let (id, first) = try await interrupted(in: folder, try await Workroom(in: folder), flags: flags)
            let next = try await Workroom(in: folder, edition: "second")
            if isPushedAgain {
                let server = try await Server(
                    in: folder, flags: flags + ["--job-slots", "0", "--scrapy", next.scrapy])
                try await server.push(next.archive)
                try await waitFor("the old version goes", in: ["\(server.spool)/projects/writer/versions"]) {
                    File.names("\(server.spool)/projects/writer/versions") == ["2"] ? () : nil
                }
                try await server.process.end(by: SIGTERM)
            }
            let server = try await Server(
                in: folder, flags: flags + ["--completed-cap", "1", "--scrapy", next.scrapy])
            let status = try await server.ended(id)
            #expect(status.state == .successful && status[.interrupted] == 1, "\(status.line)\(server.log(of: id))")
            #expect(status[.version] == (isPushedAgain ? 2 : 1))
            let kept = "work.\(first[.attempt] ?? "")"
            let files = try await server.files(of: id)
            #expect(
                files == [
                    "crawl.jsonl", "seen.txt", "\(kept)/crawl.jsonl", "\(kept)/data/a.txt", "\(kept)/partial.txt",
                ], "\(files)")
            #expect(try await server.getFile("crawl.jsonl", of: id).text == "2\n")
            #expect(try await server.getFile("seen.txt", of: id).text == (isPushedAgain ? "second" : "first"))
            #expect(try await server.getFile("\(kept)/partial.txt", of: id).text == "half")
            #expect(try await server.getFile("\(kept)/data/a.txt", of: id).text == "mine")
            #expect(try await server.getFile("\(kept)/edition.txt", of: id).status == 404)
            if !isPushedAgain {
                // The copies of the code are taken out of it after the end.
                let claim = "\(server.directory(of: id))/claim.\(first[.attempt] ?? "")"
                try await waitFor("\(kept) is trimmed", in: [claim]) { File.exists("\(claim)/trimmed") ? () : nil }
                let left = try await folder.shell("cd '\(server.directory(of: id))/\(kept)' && find . -type f | sort")
                #expect(left == "./crawl.jsonl\n./data/a.txt\n./partial.txt\n")
            }
            let check = try folder.start([try Place.server(), "check", server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
            // It goes with the job.
            let other = try await server.schedule("writer/write", payload: Workroom.payload("pass"))
            _ = try await server.ended(other)
            let place = server.directory(of: id)
            let day = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
            try await waitFor("is purged", in: [day]) { File.exists(place) ? nil : () }
            try await waitFor("is deleted", in: ["\(server.spool)/tmp"]) {
                File.names("\(server.spool)/tmp").isEmpty ? () : nil
            }
        }
    }

    @Test("A working directory that an older server filled with links is kept without them")
    func olderServer() async throws {
        try await Folder.with { folder in
            let room = try await Workroom(in: folder)
            let (id, _) = try await interrupted(in: folder, room, flags: [])
            let place = "\(folder.path)/spool/jobs/\(id.day)/\(id)"
            // As it was: names at the top are links, files of the job's beside them; and nothing says how it was filled.
            try await folder.shell(
                """
                cd '\(place)' && rm -r work claim.*/prepared && mkdir work && cd work
                for name in scrapy.cfg writer data; do
                    ln -s ../../../../projects/writer/versions/1/code/writer/$name $name
                done
                echo half > partial.txt
                """)
            let server = try await Server(in: folder, "--scrapy", room.scrapy)
            let status = try await server.ended(id)
            #expect(status.state == .successful, "\(server.log(of: id))")
            let kept = "work.\(try #require(File.names(place).first { $0.hasPrefix("work.") }).dropFirst(5))"
            #expect(try await server.files(of: id) == ["crawl.jsonl", "seen.txt", "\(kept)/partial.txt"])
            #expect(File.names("\(place)/\(kept)") == ["partial.txt"])
        }
    }
}
