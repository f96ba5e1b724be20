import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Clients that follow the same log", .fewAtATime)
struct SharedLogTests {
    /// A server with a running job that does `script` for each line that is written to its FIFO `go`.
    private func withJob(
        _ script: String, _ body: (_ server: Server, _ id: JobID, _ go: String) async throws -> Void
    ) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            let text = "while [ ! -p ../go ]; do sleep 0.05; done; exec 3<>../go; \(script)"
            let address = server.address
            let id = try await onThread {
                try KeptConnection(to: address).schedule("shop", "sh", payload: "\"\(text)\"")
            }
            _ = try await server.running(id)
            let go = server.directory(of: id) + "/go"
            try await folder.run("mkfifo", go)
            try await body(server, id, go)
        }
    }

    /// All chunks of an answer whose head has come.
    private static func whole(_ connection: KeptConnection) throws -> String {
        var text: [UInt8] = []
        while let chunk = try connection.chunk() { text += chunk }
        return String(decoding: text, as: UTF8.self)
    }

    @Test("What a client asks for behind a log is answered after its end, and what is no request is refused then")
    func behind() async throws {
        try await withJob("echo begun >&2; read go <&3; echo ended >&2") { server, id, go in
            let address = server.address
            try await onThread {
                let log = "GET /get-log/data/\(id).err HTTP/1.1\r\nHost: localhost\r\n\r\n"
                let status = "GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
                let jobs = "GET /list-jobs.json?status=nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
                // More than the server holds back in memory.
                let many = try KeptConnection(to: address)
                try many.send(log + String(repeating: status, count: 200) + jobs)
                // Without a pause, and with one: the log is open by then.
                let late = try KeptConnection(to: address)
                try late.send(log)
                let wrong = try KeptConnection(to: address)
                try wrong.send(log + "no request\r\n\r\n")
                let last = try KeptConnection(to: address)
                try last.sendLast(log + status)
                for client in [many, late, wrong, last] {
                    guard try client.head().status == 200 else { throw Failure("the log is not there") }
                    _ = try client.await("begun")
                }
                try late.send(log.replacing(".err", with: ".out") + status)
                try File.write("\n", to: go)
                for client in [many, late, wrong, last] {
                    let text = try SharedLogTests.whole(client)
                    guard text.hasSuffix("ended\n") else { throw Failure(text) }
                }
                for number in 0..<200 {
                    let answer = try many.response()
                    guard answer.status == 200 else { throw Failure("\(number): \(answer.head)") }
                }
                guard try many.response().status == 400, try many.get("status.json").status == 200 else {
                    throw Failure("a wrong query is taken")
                }
                // By now the job may have ended, so that the log has a length, or not quite.
                let out = try late.head()
                if let length = out[field: "content-length"] {
                    guard length == "0" else { throw Failure(out.head) }
                } else {
                    guard try SharedLogTests.whole(late).isEmpty else { throw Failure(out.head) }
                }
                guard try late.response().status == 200, try last.response().status == 200,
                    try wrong.response().status == 400
                else { throw Failure("an answer is missing") }
                guard try last.rest().isEmpty, try wrong.rest().isEmpty else {
                    throw Failure("something comes after it")
                }
            }
        }
    }

    @Test("Each gets all of the log from where it began, however slowly it reads, and of another file nothing")
    func places() async throws {
        // Numbered lines, so that each missing or doubled byte is seen.
        let lines = "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo line $i of the job that many follow >&2; done"
        try await withJob("echo begun >&2; read go <&3; \(lines); echo written; read go <&3; echo ended >&2") {
            server, id, go in
            _ = try await server.file("job.err", of: id, containing: "begun")
            let address = server.address
            let texts = try await onThread {
                func follow(_ query: String, bufferSize: Int32? = nil) throws -> KeptConnection {
                    let client = try KeptConnection(to: address, bufferSize: bufferSize)
                    try client.send("GET /get-log/data/\(id).err\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    guard try client.head().status == 200 else { throw Failure("the log is not there") }
                    return client
                }
                let first = try follow("")
                let slow = try follow("", bufferSize: 4 << 10)
                let end = try follow("?tail=3")
                try File.write("\n", to: go)
                let out = try KeptConnection(to: address)
                try out.send("GET /get-log/data/\(id).out HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try out.head()
                _ = try out.await("written")
                let late = try follow("")
                let middle = try follow("?from=6")
                let last = try follow("?tail=0")
                try File.write("\n", to: go)
                return try [first, slow, late, end, middle, last].map(SharedLogTests.whole)
            }
            _ = try await server.ended(id)
            let whole = try await server.curl("get-log/data/\(id).err").text
            #expect(
                whole.hasPrefix("begun\nline 1 ") && whole.hasSuffix("line 1000 of the job that many follow\nended\n"))
            for text in texts[..<3] { #expect(text == whole) }
            #expect(texts[3] == whole.dropFirst(3) && texts[4] == whole.dropFirst(6) && texts[5] == "ended\n")
        }
    }

    @Test("Many keep as many descriptors of it as one")
    func descriptors() async throws {
        try await withJob("echo begun >&2; read go <&3") { server, id, go in
            let address = server.address
            try await onThread {
                func count() -> Int { File.names("/proc/\(server.process.identity.pid)/fd").count }
                func follow() throws -> KeptConnection {
                    let client = try KeptConnection(to: address)
                    try client.send("GET /get-log/data/\(id).err HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    _ = try client.head()
                    _ = try client.await("begun")
                    return client
                }
                var clients = [try follow()]
                let one = count()
                for _ in 1...50 { clients.append(try follow()) }
                // Their connections, and what the server opens for a moment.
                guard count() < one + 60 else { throw Failure("from \(one) to \(count()) descriptors") }
                try File.write("\n", to: go)
                for client in clients { _ = try SharedLogTests.whole(client) }
            }
        }
    }
}
