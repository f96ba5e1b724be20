import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// What the server is started with or has to live with, which is not its own choice.
@Suite("Hard times", .fewAtATime)
struct HardTimesTests {
    @Test("A parent that ignores or blocks signals changes nothing", arguments: ["CHLD", "TERM", "PIPE", "INT"])
    func inherited(signal: String) async throws {
        try await Folder.with { folder in
            // A shell lets a signal be ignored by what it becomes.
            let program = "\(folder.path)/server"
            try File.write("#!/bin/sh\ntrap '' \(signal)\nexec \(try Place.server()) \"$@\"\n", to: program)
            chmod(program, 0o755)
            let server = try await Server(in: folder, program: program, flags: ["--stop-grace", "10m"])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            #expect(try await server.ended(id).state == .successful)
            let hang = try await server.schedule("trouble/hang")
            _ = try await server.running(hang)
            _ = try await server.file("job.err", of: hang, containing: "hanging 1")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(hang)")
            #expect(try server.status(of: hang)[.exit] == 0)
            #expect(try await server.process.end(by: SIGTERM).exit == 0)
        }
    }

    @Test("Standard error that nobody reads holds nothing up; the lines that were dropped are counted")
    func unreadLog() async throws {
        try await Folder.with { folder in
            let pipe = "\(folder.path)/pipe"
            try await folder.run("mkfifo", pipe)
            let reader = Descriptor(owning: open(pipe, O_RDWR | O_CLOEXEC | O_NONBLOCK))
            // A pipe that is full already.
            let noise = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
            while write(reader.number, noise, noise.count) > 0 {}
            let program = "\(folder.path)/server"
            try File.write("#!/bin/sh\nexec \(try Place.server()) \"$@\" 2> '\(pipe)'\n", to: program)
            chmod(program, 0o755)
            let socket = "\(folder.path)/socket"
            let child = try folder.start([
                program, "serve", "--spool", "\(folder.path)/spool", "--interface", "unix:\(socket)", "--scrapy",
                Place.scrapy, "--log-level", "trace",
            ])
            try await waitFor("the socket", in: [folder.path], unlessEnded: child) { File.exists(socket) ? () : nil }
            let archive = try await Archives.trouble
            func ask(_ path: String, _ options: String...) async throws -> JSON {
                // The socket is there a moment before the server listens at it.
                let asking = try folder.start(
                    [
                        "curl", "-sS", "--max-time", "180", "--retry", "10", "--retry-connrefused", "--unix-socket",
                        socket,
                    ] + options + ["http://localhost/\(path)"])
                try await asking.wait()
                return try JSON(parsing: File.bytes(asking.out))
            }
            #expect(try await ask("push-project.json", "-F", "archive=@\(archive)")["status"] == .string("ok"))
            for _ in 0..<3 {
                let answer = try await ask(
                    "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now")
                let id = try #require(answer["identifier"]?.text.flatMap { JobID($0) })
                let directory = "\(folder.path)/spool/jobs/\(id.day)/\(id)"
                let state = try await waitFor("the end of \(id)", in: [directory]) {
                    let state = (try? File.text("\(directory)/status")).flatMap { JobStatus(parsing: $0) }?.state
                    return state.flatMap { $0.isFinal ? $0 : nil }
                }
                #expect(state == .successful)
            }
            // It stops in time, though nobody reads that either.
            #expect(try await child.end(by: SIGTERM).exit == 0)
        }
    }

    @Test(
        "Where no thread is to be had the server answers and goes on", .enabled(if: Host.effectiveUser == 0))
    func noThreads() async throws {
        try await Folder.with { folder in
            chmod(folder.path, 0o755)
            let user = "54321"
            try File.makeDirectory("\(folder.path)/spool")
            try await folder.run("chown", user, "\(folder.path)/spool")
            let scrapy = "\(folder.path)/scrapy"
            try File.write("#!/bin/sh\n[ $1 = list ] && echo quick\nexit 0\n", to: scrapy)
            chmod(scrapy, 0o755)
            try await folder.run("mkdir", "-p", "\(folder.path)/bin")
            for name in ["scrapy-spool", "scrapy-spool-shim"] {
                try await folder.run("cp", "\(Place.programs)/\(name)", "\(folder.path)/bin/\(name)")
            }
            let program = "\(folder.path)/server"
            try File.write(
                "#!/bin/sh\nexec setpriv --reuid=\(user) --regid=\(user) --clear-groups '\(folder.path)/bin/scrapy-spool' \"$@\"\n",
                to: program)
            chmod(program, 0o755)
            let server = try await Server(in: folder, program: program, flags: ["--scrapy", scrapy])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            #expect(try await server.ended(id).state == .successful)
            // By the same user: root in a container may not.
            let limit =
                "setpriv --reuid=\(user) --regid=\(user) --clear-groups prlimit --pid "
                + "\(server.process.identity.pid)"
            try await folder.shell("\(limit) --nproc=1:")
            for _ in 1...3 {
                for path in [
                    "list-jobs.json?status=COMPLETED", "overview.json", "statistics.json", "status.json",
                    "list-jobs.json?status=ACTIVE",
                ] { _ = try await server.ok(path) }
            }
            // One shim is there already.
            #expect(try await server.ended(try await server.schedule("trouble/quick")).state == .successful)
            // Neither is a process: the next job waits, and what has to do with the disk alone goes on.
            let waiting = try await server.schedule("trouble/quick")
            _ = try await server.process.awaitLine("Cannot start jobs", in: folder)
            try await folder.shell("\(limit) --nproc=$(ulimit -Hu):")
            #expect(try await server.ended(waiting).state == .successful)
            #expect(server.process.isRunning)
        }
    }
}
