import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Who follows a log", .fewAtATime)
struct FollowerTests {
    /// Starts a job that runs a script, and waits until it runs.
    private func start(_ script: String, _ server: Server) async throws -> JobID {
        let address = server.address
        let id = try await onThread {
            try KeptConnection(to: address).schedule("shop", "sh", payload: "\"\(script)\"")
        }
        _ = try await server.running(id)
        return id
    }

    /// Follows a log on a connection of its own, whose head has come.
    private static func follow(
        _ id: JobID, _ name: String = "err", _ address: String, bufferSize: Int32? = nil
    ) throws -> KeptConnection {
        let connection = try KeptConnection(to: address, bufferSize: bufferSize)
        try connection.send("GET /get-log/data/\(id).\(name) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let head = try connection.head()
        guard head.status == 200 else { throw Failure(head.head) }
        return connection
    }

    /// Open descriptors of the server.
    private static func descriptors(_ server: Server) -> Int {
        File.names("/proc/\(server.process.identity.pid)/fd").count
    }

    /// Waits until the server has no more descriptors than that, asking it something between two looks.
    private static func await(descriptors most: Int, _ server: Server) throws {
        let client = try KeptConnection(to: server.address)
        let deadline = ContinuousClock.now + patience
        // The connection of this very client is one.
        while descriptors(server) > most + 1 {
            guard .now < deadline else { throw Failure("\(descriptors(server)) descriptors, not \(most)") }
            _ = try client.get("status.json")
        }
    }

    @Test(
        "A log that is cut short while it is followed is followed on",
        arguments: [
            ("out", "echo first; read go <&3; echo second > /dev/stdout; echo third; read go <&3"),
            ("err", "echo first >&2; read go <&3; echo second > /dev/stderr; echo third >&2; read go <&3"),
            ("out", "echo first; read go <&3; : > /proc/self/fd/1; echo second; echo third; read go <&3"),
            (
                "out",
                "echo first line; read go <&3; truncate -s 2 ../job.out; echo second; echo third; read go <&3"
            ),
        ])
    func shortened(name: String, script: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            let id = try await start("while [ ! -p ../go ]; do sleep 0.05; done; exec 3<>../go; " + script, server)
            try await folder.run("mkfifo", server.directory(of: id) + "/go")
            let go = server.directory(of: id) + "/go"
            let address = server.address
            let text = try await onThread {
                let log = try FollowerTests.follow(id, name, address)
                _ = try log.await("first")
                // Each line frees the job from a read of the FIFO.
                try File.write("\n", to: go)
                _ = try log.await("second")
                _ = try log.await("third")
                try File.write("\n", to: go)
                var text: [UInt8] = []
                while let chunk = try log.chunk() { text += chunk }
                return String(decoding: text, as: UTF8.self)
            }
            #expect(text.hasSuffix("second\nthird\n"), "\(text)")
            let end = try await server.ended(id)
            #expect(end.state == .successful)
            let whole = try await server.curl("get-log/data/\(id).\(name)").text
            #expect(whole.hasSuffix("second\nthird\n") && !whole.contains("first"))
        }
    }

    @Test(
        "Who follows a job whose directory is removed or moved away gets an end, and no list has the job",
        arguments: ["rm -rf {}", "mv {} ../../aside", "mv {} ../../aside; mkdir {}", "mv {} .hidden"])
    func removed(command: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--stop-grace", "1s")
            try await server.push(standIn.archive("shop"))
            let id = try await start("echo begun >&2; exec sleep 600", server)
            let status = try await server.running(id)
            let (spool, address) = (server.spool, server.address)
            let line = "cd '\(spool)/jobs/\(id.day)'; " + command.replacing("{}", with: "\(id)")
            try await onThread {
                let client = try KeptConnection(to: address)
                let events = try KeptConnection(to: address)
                try events.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try events.await("retry:")
                guard try client.get("list-jobs.json?status=ACTIVE").state(of: id) == "RUNNING" else {
                    throw Failure("\(id) is not running")
                }
                let log = try FollowerTests.follow(id, "err", address)
                _ = try log.await("begun")
                let shell = try Child(["/bin/sh", "-ec", line], in: spool, output: folder.fresh("shell"))
                var status: Int32 = 0
                guard waitpid(shell.identity.pid, &status, 0) > 0, status == 0 else { throw Failure(shell.said) }
                guard try client.get("list-jobs.json?status=ACTIVE").state(of: id) == nil,
                    try client.get("overview.json").state(of: id) == nil,
                    try client.get("list-jobs.json?id=\(id)").status != 200
                else { throw Failure("\(id) is still shown") }
                // The answer has a proper end.
                while try log.chunk() != nil {}
                _ = try events.await("\"identifier\": \"\(id)\", \"status\": null")
            }
            // Whatever becomes of its shim, what it started is not left behind.
            for fact in [JobStatus.NumberFact.pid, .shim] {
                if let pid = status[fact] { try? ProcessIdentity(pid: Int32(pid))?.open()?.send(SIGKILL) }
            }
        }
    }

    @Test("A client that leaves is noticed at once: followers, listeners, and those that wait for the end of a cancel")
    func leaving() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--stop-grace", "10m")
            try await server.push(standIn.archive("shop"))
            let silent = try await start("exec sleep 600", server)
            let stubborn = try await start(
                "trap '' INT TERM; echo stubborn >&2; while :; do sleep 600; done", server)
            // It would end at a signal that came before.
            _ = try await server.file("job.err", of: stubborn, containing: "stubborn")
            let address = server.address
            _ = try await server.ok("status.json")
            try await onThread {
                let before = FollowerTests.descriptors(server)
                var crowd: [KeptConnection] = []
                for _ in 1...40 {
                    crowd.append(try FollowerTests.follow(silent, "err", address))
                    let listener = try KeptConnection(to: address)
                    try listener.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    _ = try listener.await("retry:")
                    let canceler = try KeptConnection(to: address)
                    let form = "id=\(stubborn)"
                    try canceler.send(
                        "POST /cancel-job.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(form.utf8.count)\r\n"
                            + "Content-Type: application/x-www-form-urlencoded\r\n\r\n\(form)")
                    // Who waits for the end of a cancel is sent nothing by which a plain close could be told.
                    canceler.leaveByReset()
                    crowd += [listener, canceler]
                }
                guard FollowerTests.descriptors(server) > before + 100 else { throw Failure("nobody is there") }
                crowd = []
                // A listener leaves the feed's own watches behind for a minute.
                try FollowerTests.await(descriptors: before + 8, server)
            }
            let status = try server.status(of: stubborn)
            #expect(status.state == .running)
            for fact in [JobStatus.NumberFact.pid, .shim] {
                if let pid = status[fact] { try? ProcessIdentity(pid: Int32(pid))?.open()?.send(SIGKILL) }
            }
        }
    }

    @Test("A client that closes its own side only gets its whole answer, a log until its job ends, and an end")
    func halfClosed() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            let id = try await start(
                "while [ ! -p ../go ]; do sleep 0.05; done; exec 3<>../go; echo begun >&2; read go <&3; echo more >&2; "
                    + "read go <&3; echo ended >&2", server)
            let go = server.directory(of: id) + "/go"
            try await folder.run("mkfifo", go)
            _ = try await server.file("job.err", of: id, containing: "begun")
            let address = server.address
            try await onThread {
                for path in [
                    "status.json", "list-jobs.json?status=COMPLETED", "overview.json", "get-log/data/\(id).err?to=3",
                ] {
                    let client = try KeptConnection(to: address)
                    try client.send("GET /\(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    client.finishSending()
                    let answer = try client.response()
                    guard answer.status == 200, !answer.body.isEmpty else { throw Failure("\(path): \(answer.head)") }
                    guard try client.rest().isEmpty else { throw Failure("\(path): something comes after it") }
                }
                // With the request, and in the middle of the answer.
                let early = try KeptConnection(to: address)
                try early.sendLast("GET /get-log/data/\(id).err HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let old = try KeptConnection(to: address)
                try old.sendLast("GET /get-log/data/\(id).err HTTP/1.0\r\n\r\n")
                let late = try FollowerTests.follow(id, "err", address)
                _ = try late.await("begun")
                late.finishSending()
                let listener = try KeptConnection(to: address)
                try listener.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try listener.await("retry:")
                listener.finishSending()
                guard try early.head().status == 200 else { throw Failure("the log is not there") }
                try File.write("\n", to: go)
                for follower in [early, late, old] { _ = try follower.await("more") }
                try File.write("\n", to: go)
                for follower in [early, late] {
                    var text: [UInt8] = []
                    while let chunk = try follower.chunk() { text += chunk }
                    guard text.suffix(11) == Array("more\nended\n".utf8)[...] else {
                        throw Failure(String(decoding: text, as: UTF8.self))
                    }
                    guard try follower.rest().isEmpty else { throw Failure("something comes after the log") }
                }
                guard try old.rest().suffix(17) == Array("begun\nmore\nended\n".utf8)[...] else {
                    throw Failure("cut short")
                }
                _ = try listener.await("\"identifier\": \"\(id)\", \"status\": \"SUCCESSFUL\"")
            }
        }
    }

    @Test(
        "One who has closed his own side waits for the end of a cancel, and follows until something cannot be sent to him"
    )
    func halfClosedThenGone() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            let id = try await start(
                "while [ ! -p ../go ]; do sleep 0.05; done; exec 3<>../go; trap 'exit 0' INT; echo begun >&2; "
                    + "while read go <&3; do echo more >&2; done", server)
            let go = server.directory(of: id) + "/go"
            try await folder.run("mkfifo", go)
            _ = try await server.file("job.err", of: id, containing: "begun")
            let address = server.address
            _ = try await server.ok("status.json")
            try await onThread {
                let before = FollowerTests.descriptors(server)
                var followers: [KeptConnection] = []
                for _ in 1...20 {
                    let follower = try FollowerTests.follow(id, "err", address)
                    _ = try follower.await("begun")
                    follower.finishSending()
                    followers.append(follower)
                }
                // Of the connections before, some may have been counted that were about to go.
                guard FollowerTests.descriptors(server) > before + 10 else { throw Failure("nobody is there") }
                followers = []
                // A line that the other ends refuse.
                try File.write("\n", to: go)
                try FollowerTests.await(descriptors: before + 8, server)
                let canceler = try KeptConnection(to: address)
                let form = "id=\(id)"
                try canceler.send(
                    "POST /cancel-job.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(form.utf8.count)\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\n\r\n\(form)")
                canceler.finishSending()
                _ = try canceler.response().ok
                guard try canceler.rest().isEmpty else { throw Failure("something comes after the answer") }
            }
            #expect(try await server.ended(id).state == .canceled)
        }
    }

    @Test(
        "Followers that never read are cut after client-timeout, cost little, and leave nothing; a slow one is not cut")
    func neverReading() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--client-timeout", "10s")
            try await server.push(standIn.archive("shop"))
            let id = try await start(
                "yes | head -c 4000000 >&2; echo written; exec sleep 600", server)
            _ = try await server.file("job.out", of: id, containing: "written")
            let address = server.address
            try await onThread {
                func memory() throws -> Double {
                    let client = try KeptConnection(to: address)
                    guard case .number(let text)? = try client.get("status.json").ok["memory-usage"],
                        let number = Double(text)
                    else { throw Failure("no memory-usage") }
                    return number
                }
                let (before, start) = (FollowerTests.descriptors(server), try memory())
                var crowd: [KeptConnection] = []
                for _ in 1...100 { crowd.append(try FollowerTests.follow(id, "err", address, bufferSize: 4 << 10)) }
                let most = try memory()
                guard most < start + 12 else { throw Failure("from \(start) MiB to \(most)") }
                // It takes its time, and some bytes within each second.
                let slow = try FollowerTests.follow(id, "err", address, bufferSize: 32 << 10)
                var read = 0
                // Those that were cut are seen to be by what the server has open: the slow one has two files and a socket.
                while FollowerTests.descriptors(server) > before + 4, read < 3_500_000 {
                    read += try slow.chunk()?.count ?? 0
                    usleep(250_000)
                }
                try FollowerTests.await(descriptors: before + 4, server)
                while read < 4_000_000 { read += try slow.chunk()?.count ?? 4_000_000 }
                guard read == 4_000_000 else { throw Failure("\(read) bytes came to the slow one") }
                withExtendedLifetime(crowd) {}
            }
        }
    }
}
