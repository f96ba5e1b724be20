import LinuxSystem
import SpoolModel
import Testing

@Suite("Files by the paths that are listed", .fewAtATime)
struct ListedFileTests {
    /// Makes a finished job whose `work/` a Python program fills.
    private func job(in server: Server, _ program: String) async throws -> JobID {
        var generator = SystemRandomNumberGenerator()
        let ended = Timestamp(microseconds: SystemClock.wall())
        let id = JobID(at: ended, using: &generator)
        var status = JobStatus(.successful, at: ended)
        (status[.started], status[.ended]) = (ended, ended)
        let metadata = JobMetadata(
            id: id, actor: .user, schedule: "now", project: ProjectName("shop")!, spider: SpiderName("books")!,
            description: "", payload: "{}", created: ended)
        let draft = "\(server.spool)/tmp/\(id)"
        for name in ["", "/work"] { try File.makeDirectory(draft + name) }
        try File.write(metadata.file, to: "\(draft)/metadata.json")
        try File.write(status.line, to: "\(draft)/status")
        try File.write("import os\nos.chdir('\(draft)/work')\n\(program)", to: "\(server.folder.path)/fill.py")
        try await server.folder.run("python3", "\(server.folder.path)/fill.py")
        try File.makeDirectory("\(server.spool)/jobs/\(id.day)")
        try File.rename(draft, to: server.directory(of: id))
        return id
    }

    @Test("What the client lists in a pipe, a line each, names each file, whatever bytes it has")
    func client() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let id = try await job(
                in: server,
                """
                for name in (b'a\\nb', b'a\\\\nb', b'c\\td', b'e\\rf', b'back\\\\', b'\\\\', b'plain', b'-rf', b'bad\\xff', b'%0A'):
                    open(name, 'wb').write(b'content of ' + name)
                """)
            func run(_ words: [String]) async throws -> (exit: Int32?, out: String, error: String) {
                let child = try folder.start(
                    ["\(Place.programs)/scrapy-spool", "files", "--url", "http://\(server.address)", "\(id)"] + words)
                let end = try await child.wait()
                return (
                    end.exit, String(decoding: try File.bytes(child.out), as: UTF8.self), try File.text(child.error)
                )
            }
            let lines = try await run([]).out.split(separator: "\n")
            #expect(lines.count == 10, "\(lines)")
            var contents: Set<String> = []
            for line in lines {
                let words = line.split(separator: "\t").map(String.init)
                let file = try await run(["--", try #require(words.first)])
                #expect(
                    words.count == 2 && file.exit == 0 && words[1] == "\(file.out.utf8.count)" || line.hasPrefix("bad"))
                contents.insert(file.out)
            }
            #expect(
                contents.count == 10 && contents.contains("content of a\nb") && contents.contains("content of a\\nb"))
            // One that is typed without escapes, as long as it is none.
            #expect(try await run(["--", "back\\"]).out == "content of back\\")
        }
    }

    @Test("The longest path that is listed can be had, and a longer one is in no list")
    func long() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            // Bytes that are no text take three characters each in the list, and five in a request.
            let id = try await job(
                in: server,
                """
                top = os.getcwd()
                for most in (16, 17):
                    os.chdir(top)
                    for number in range(most):
                        os.makedirs(b'\\xff' * 238 + b'%02d' % most, exist_ok=True)
                        os.chdir(b'\\xff' * 238 + b'%02d' % most)
                    open('end', 'w').write('long')
                """)
            let list = try await server.ok("list-files.json?id=\(id)")
            let paths = list["files"]?.elements?.compactMap { $0["path"]?.text } ?? []
            #expect(paths.count == 1 && list["more"] == .bool(true))
            let path = try #require(paths.first)
            #expect(path.utf8.count > 11_000)
            let encoded = path.utf8.map { "%" + String($0, radix: 16) }.joined()
            #expect(encoded.utf8.count > 24 << 10)
            let answer = try await server.curl("get-file?id=\(id)&path=\(path.replacing("%", with: "%25"))")
            #expect(answer.status == 200 && answer.text == "long", "\(answer.text.prefix(200))")
            // Encoded without need it is too long, which is said.
            let refusal = try await server.curl("get-file?id=\(id)&path=\(encoded)")
            #expect(refusal.status == 400 && refusal.message == "The head of the request is too long")
        }
    }
}
