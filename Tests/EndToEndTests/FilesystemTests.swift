import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// Whether system calls can be spoiled by strace here: it may be missing, or not be allowed to trace.
private let canTrace =
    File.isProgram("/usr/bin/strace")
    && (try? Descriptor(reading: "/proc/sys/kernel/yama/ptrace_scope").readStream(limit: 8).first != UInt8(ascii: "3"))
        ?? true

@Suite("Filesystems that lack something", .fewAtATime, .enabled(if: canTrace))
struct FilesystemTests {
    /// The words before a program that spoil system calls of it and of all that it starts.
    private func spoiling(_ calls: String, _ how: String) -> [String] {
        ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(calls)", "-e", "inject=\(calls):\(how)"]
    }

    @Test("A server goes through all of its life on a filesystem without an exclusive rename")
    func exclusiveRename() async throws {
        try await Folder.with { folder in
            let prefix = spoiling("renameat2", "error=EINVAL")
            let server = try await Server(in: folder, flags: ["--completed-cap", "2"], prefix: prefix)
            #expect(server.log.contains("has no exclusive rename (Invalid argument)"), "\(server.log)")
            try await server.push(Archives.trouble)
            try await server.push(Archives.trouble)
            let versions = "\(server.spool)/projects/trouble/versions"
            try await waitFor("the old version goes", in: [versions]) { File.names(versions) == ["2"] ? () : nil }

            for _ in 0..<4 {
                let id = try await server.schedule("trouble/quick")
                let end = try await server.waitFor("ends", of: id) { $0.state.isFinal }
                #expect(end.state == .successful, "\(server.log(of: id))")
            }
            let later = try await server.schedule("trouble/quick", when: "every 5 hours")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(later)")

            try await submission(#"{"project": "trouble", "spider": "quick"}"#, as: "good", to: server)
            try await submission(#"{"project": "none", "spider": "quick"}"#, as: "bad", to: server)
            try File.write("no job", to: "\(folder.path)/file")
            try await folder.run("mv", "\(folder.path)/file", "\(server.spool)/incoming/file")
            let quarantine = "\(server.spool)/quarantine"
            try await waitFor("the bad ones", in: [quarantine]) {
                // A file takes its name there a moment before it arrives.
                File.names(quarantine) == ["bad", "bad.reason", "file", "file.reason"]
                    && (try? File.text("\(quarantine)/file")) == "no job" ? () : nil
            }
            let days = "\(server.spool)/jobs"
            let day = "\(days)/\(later.day)"
            try await waitFor("the cap", in: [days, day, "\(server.spool)/tmp", "\(server.spool)/incoming"]) {
                File.names(day).count == 2 && File.names("\(server.spool)/tmp").isEmpty
                    && File.names("\(server.spool)/incoming").isEmpty ? () : nil
            }
            let running = try await server.schedule("trouble/hang")
            let status = try await server.running(running)
            try await server.process.end(by: SIGKILL)

            let next = try await Server(in: folder, flags: ["--completed-cap", "2"], prefix: prefix)
            #expect(try next.status(of: running) == status)
            _ = try await next.ok("cancel-job.json", "-F", "id=\(running)")
            #expect(try await next.ended(running).state == .canceled)
            #expect(!next.log.contains(" error "), "\(next.log)")
            try await next.process.end(by: SIGTERM)
            try await folder.run(try Place.server(), "check", next.spool)
        }
    }

    private func submission(_ metadata: String, as name: String, to server: Server) async throws {
        let aside = server.folder.fresh("aside")
        try File.makeDirectory(aside)
        try File.write(metadata, to: "\(aside)/metadata.json")
        try await server.folder.run("mv", aside, "\(server.spool)/incoming/\(name)")
    }

    @Test(
        "A filesystem without something essential is refused before anybody is listened to",
        arguments: [
            ("symlinkat,symlink", "error=EPERM", "symbolic links"), ("flock", "error=ENOLCK", "locks"),
            ("flock", "retval=0", "locks"), ("fdatasync", "error=EINVAL", "flush a file"),
            ("renameat,rename,renameat2", "error=EOPNOTSUPP", "renaming another one"),
        ])
    func refused(calls: String, how: String, word: String) async throws {
        try await Folder.with { folder in
            try await folder.run(try Place.server(), "init", "\(folder.path)/spool")
            let child = try folder.start(
                spoiling(calls, how) + [try Place.server()] + Server.arguments(spool: "\(folder.path)/spool"))
            #expect(try await child.wait().exit == 78, "\(child.said)")
            #expect(child.said.contains("cannot be kept on its filesystem"), "\(child.said)")
            #expect(child.said.contains(word) && !child.said.contains("Listening"), "\(child.said)")
            #expect(File.names("\(folder.path)/spool/tmp").isEmpty)
        }
    }

    @Test(
        "What else a filesystem lacks is one line each in the log",
        arguments: [
            ("inotify_add_watch", "error=ENOSPC", "The spool is"),
            ("utimensat", "retval=0", "reports no changes"),
        ])
    func lacking(calls: String, how: String, word: String) async throws {
        try await Folder.with { folder in
            try await folder.run(try Place.server(), "init", "\(folder.path)/spool")
            let server = try await Server(in: folder, flags: [], prefix: spoiling(calls, how))
            let lines = server.log.split(separator: "\n").filter { $0.contains(word) }
            #expect(lines.count == 1, "\(server.log)")
            #expect(calls != "inotify_add_watch" || !server.log.contains("reports no changes"), "\(server.log)")
        }
    }

    @Test(
        "A file that is replaced while it is opened, as FUSE and NFS say it, is there all the same",
        arguments: ["ENOENT", "ESTALE"])
    func replaced(error: String) async throws {
        try await Folder.with { folder in
            try await folder.run(try Place.server(), "init", "\(folder.path)/spool")
            let prefix = spoiling("openat2", "error=\(error):when=2+3")
            let server = try await Server(in: folder, flags: [], prefix: prefix)
            try await server.push(Archives.trouble)
            for _ in 0..<3 {
                let id = try await server.schedule("trouble/hang")
                _ = try await server.running(id)
                _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
                #expect(try await server.ended(id).state == .canceled)
                #expect(try await server.ok("list-jobs.json?id=\(id)")["jobs"]?.elements?.count == 1)
            }
        }
    }
}
