import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// A way in which hands make a job unreadable: a line of the shell, with the job's directory as `$job` and a directory
/// outside of the spool as `$aside`.
struct Spoiling: CustomTestStringConvertible, Sendable {
    let what: String
    let line: String

    var testDescription: String { what }

    static let all = [
        Spoiling(what: "a link to it elsewhere", line: "mv $job $aside/job && ln -s $aside/job $job"),
        Spoiling(what: "a link to nothing", line: "mv $job $aside/job && ln -s /nowhere $job"),
        Spoiling(what: "a file in its place", line: "mv $job $aside/job && echo mine > $job"),
        Spoiling(what: "a FIFO in its place", line: "mv $job $aside/job && mkfifo $job"),
        Spoiling(what: "an empty status", line: ": > $job/status"),
        Spoiling(what: "a status that is no text", line: "printf '\\377\\0' > $job/status"),
        Spoiling(what: "a status of 5 MB", line: "head -c 5000000 /dev/zero > $job/status"),
        Spoiling(what: "a FIFO as its status", line: "rm $job/status && mkfifo $job/status"),
        Spoiling(what: "a directory as its status", line: "rm $job/status && mkdir $job/status"),
        Spoiling(what: "a link as its status", line: "rm $job/status && ln -s /etc/hostname $job/status"),
        Spoiling(what: "a link to itself as its status", line: "rm $job/status && ln -s status $job/status"),
        Spoiling(what: "no status", line: "rm $job/status"),
        Spoiling(what: "empty metadata", line: ": > $job/metadata.json"),
        Spoiling(what: "a FIFO as its metadata", line: "rm $job/metadata.json && mkfifo $job/metadata.json"),
        Spoiling(what: "no metadata", line: "rm $job/metadata.json"),
        Spoiling(
            what: "metadata of another id", line: "sed -i 's/\"id\": \"..../\"id\": \"0000/' $job/metadata.json"),
    ]

    /// Does it to a job.
    func spoil(_ id: JobID, of server: Server) async throws {
        let aside = server.folder.fresh("aside")
        try File.makeDirectory(aside)
        try await server.folder.shell("job='\(server.directory(of: id))' aside='\(aside)'; \(line)")
    }
}

@Suite("One job that cannot be read", .fewAtATime)
struct StrangeJobTests {
    /// What can be read, and keeps a start from being written down.
    private static let hindrances = [
        Spoiling(what: "a directory under the name of a new status", line: "mkdir -p $job/.status.tmp/x"),
        Spoiling(
            what: "directories under all names of a new status",
            line: "rm -rf $job/.status.*; mkdir -p $job/.status.tmp/x $job/.status.spare/x"),
        Spoiling(what: "a directory as the shim's lock", line: "mkdir -p $job/alive/x"),
        Spoiling(what: "a directory as the job's lock", line: "rm -f $job/lock; mkdir -p $job/lock/x"),
        Spoiling(what: "a directory as its log", line: "mkdir -p $job/job.err/x"),
        Spoiling(what: "a FIFO as its output", line: "mkfifo $job/job.out"),
    ]

    @Test("A pending job that cannot be used is not run and holds no other up", arguments: Spoiling.all + hindrances)
    func pending(spoiling: Spoiling) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "1", "--stop-grace", "1s")
            try await server.push(try await standIn.archive("p1"))
            let running = try await server.schedule("p1/slow")
            _ = try await server.running(running)
            let marker = "\(folder.path)/ran"
            let strange = try await server.schedule("p1/sh", payload: "\"echo > \(marker)\"")
            let others = [try await server.schedule("p1/fast"), try await server.schedule("p1/fast")]
            try await spoiling.spoil(strange, of: server)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
            for other in others { #expect(try await server.ended(other).state == .successful) }
            #expect(!File.exists(marker))
            // Neither is it deleted, nor does a new server run it.
            try await server.process.end(by: SIGKILL)
            let next = try await standIn.server("--job-slots", "1")
            let last = try await next.schedule("p1/fast")
            #expect(try await next.ended(last).state == .successful)
            #expect(!File.exists(marker))
            let places = [server.directory(of: strange), "\(server.spool)/quarantine/\(strange)"]
            #expect(places.contains { File.exists($0) })
            // One that its shim could not start has failed, and says why in its status.
            let isFailed = (try? server.status(of: strange))?.line.contains("reason=cannot-start") == true
            let logs = server.log + next.log
            #expect(isFailed || logs.contains("\(strange)"), "\(logs)")
        }
    }

    private static let standIns = [
        Spoiling(what: "a FIFO under the name of a new status", line: "mkfifo $job/.status.tmp"),
        Spoiling(what: "a FIFO as the spare", line: "rm $job/.status.spare && mkfifo $job/.status.spare"),
        Spoiling(
            what: "another name of a file as both",
            line: "rm $job/.status.spare; for name in tmp spare; do ln $job/metadata.json $job/.status.$name; done"),
    ]

    @Test("What is in the place of a new status is neither waited for nor written to", arguments: standIns)
    func replaced(spoiling: Spoiling) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "1", "--stop-grace", "1s")
            try await server.push(try await standIn.archive("p1"))
            let running = try await server.schedule("p1/slow")
            _ = try await server.running(running)
            let strange = try await server.schedule("p1/fast")
            let metadata = try File.text("\(server.directory(of: strange))/metadata.json")
            try await spoiling.spoil(strange, of: server)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
            #expect(try await server.ended(strange).state == .successful)
            #expect(try File.text("\(server.directory(of: strange))/metadata.json") == metadata)
        }
    }

    /// As an administrator does it who closes a tree for a while (chattr(1)), or a filesystem that has become read-only.
    @Test(
        "A job that the tree refuses after its claim waits, and runs when the tree takes it again",
        .enabled(if: getuid() == 0, "only root makes files immutable"),
        arguments: [".work", "job.out"])
    func refused(name: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "1", "--stop-grace", "1s")
            try await server.push(try await standIn.archive("p1"))
            let running = try await server.schedule("p1/slow")
            _ = try await server.running(running)
            let refused = try await server.schedule("p1/fast")
            let job = server.directory(of: refused)
            try await folder.shell("cd '\(job)' && \(name == ".work" ? "mkdir -p .work/x" : ": > job.out")")
            try await folder.shell("chattr +i '\(job)/\(name)'")
            do {
                _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
                try await waitFor("a line about the refusal", in: [folder.path]) {
                    server.log.contains("Operation not permitted") ? () : nil
                }
                #expect(try server.status(of: refused).state == .pending)
                try await folder.shell("chattr -i '\(job)/\(name)'")
            } catch {
                try await folder.shell("chattr -i '\(job)/\(name)'")
                throw error
            }
            #expect(try await server.ended(refused).state == .successful)
            #expect(!File.names(job).contains { $0.hasPrefix("work.") }, "\(File.names(job))")
        }
    }

    /// Whether a job has ended, and when, is in its status: what is wrong with its metadata alone keeps it from nothing.
    @Test(
        "A finished job that cannot be read is kept, and the others are purged beside it",
        arguments: Spoiling.all.filter { !$0.what.contains("metadata") })
    func finished(spoiling: Spoiling) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--completed-cap", "2")
            try await server.push(try await standIn.archive("p1"))
            let strange = try await server.schedule("p1/fast")
            _ = try await server.ended(strange)
            try await spoiling.spoil(strange, of: server)
            var others: [JobID] = []
            for _ in 0..<5 {
                others.append(try await server.schedule("p1/fast"))
                _ = try await server.ended(others[others.count - 1])
            }
            let kept = Set(others.suffix(2).map(\.description) + [strange.description])
            try await waitFor("the purge", in: ["\(server.spool)/jobs/\(strange.day)"]) {
                Set(File.names("\(server.spool)/jobs/\(strange.day)")) == kept ? () : nil
            }
            #expect(try await server.ids("COMPLETED").filter { $0 != strange } == others.suffix(2).reversed())
            let lines = server.log.split(separator: "\n").filter { $0.contains(" error: ") }
            #expect(lines.count <= 3, "\(server.log)")
        }
    }

    @Test("A directory that was made in place of a job's mark goes with the job's end")
    func directoryAsMark() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "1", "--stop-grace", "1s")
            try await server.push(try await standIn.archive("p1"))
            let running = try await server.schedule("p1/slow")
            _ = try await server.running(running)
            let mark = "\(server.spool)/active/\(running)"
            try await folder.shell("rm '\(mark)' && mkdir '\(mark)'")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
            try await waitFor("the end of the mark", in: ["\(server.spool)/active"]) {
                File.exists(mark) ? nil : ()
            }
            #expect(try server.status(of: running).state == .canceled)
            #expect(!server.log.contains(" error: "), "\(server.log)")
        }
    }

    @Test("A file in projects/ keeps no old version of a project", arguments: ["notes", "todo.txt", "caf\\351", "-x"])
    func stranger(name: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await folder.shell("echo mine > \"\(server.spool)/projects/$(printf -- '\(name)')\"")
            let archive = try await standIn.archive("p1")
            for _ in 0..<3 {
                try await server.push(archive)
                _ = try await server.ended(try await server.schedule("p1/fast"))
            }
            let versions = "\(server.spool)/projects/p1/versions"
            try await waitFor("the collection", in: [versions]) { File.names(versions) == ["3"] ? () : nil }
            let lines = server.log.split(separator: "\n").filter { $0.contains(" error: ") }
            #expect(lines.count <= 1, "\(server.log)")
            #expect(try await folder.shell("cat \"\(server.spool)/projects/$(printf -- '\(name)')\"") == "mine\n")
        }
    }

    @Test(
        "A copy of a job's directory under another id is in no list, whatever becomes of the job",
        arguments: [true, false])
    func copy(isMarked: Bool) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            var server = try await standIn.server()
            try await server.push(try await standIn.archive("p1"))
            let finished = try await server.schedule("p1/fast")
            _ = try await server.ended(finished)
            // Otherwise files that are listed for the copy may be gone when they are copied.
            try await server.trimmed(finished)
            let scheduled = try await server.schedule("p1/fast", when: "every 2 hours")
            #expect(try await server.ids("COMPLETED") == [finished])
            for id in [finished, scheduled] {
                let copy = id.description.dropLast(4) + (id.description.hasSuffix("abcd") ? "abce" : "abcd")
                let day = "\(server.spool)/jobs/\(id.day)"
                try await folder.run("cp", "-a", "\(day)/\(id)", "\(day)/\(copy)")
                if isMarked {
                    try await folder.run("ln", "-s", "../jobs/\(id.day)/\(copy)", "\(server.spool)/active/\(copy)")
                }
                #expect(try await server.curl("list-jobs.json?id=\(copy)").status == 400)
            }
            for isRestart in [false, true] {
                if isRestart {
                    try await server.process.end(by: SIGKILL)
                    server = try await standIn.server()
                }
                #expect(try await server.ids("COMPLETED") == [finished])
                #expect(try await server.ids("ACTIVE") == [scheduled])
            }
            try await folder.run("rm", "-r", server.directory(of: finished))
            #expect(try await server.ids("COMPLETED") == [])
            #expect(try await server.ids("ACTIVE") == [scheduled])
        }
    }
}
