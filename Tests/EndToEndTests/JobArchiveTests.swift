import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("All of a job's files as one archive", .fewAtATime)
struct JobArchiveTests {
    /// Ends with 0 if an archive has exactly the files of a job: `compare.py ARCHIVE DIRECTORY-OF-JOB STEM PATH…`. PATH is a
    /// path of `list-files.json`; the contents come from the tree, by the bytes that the path stands for.
    private static let compare = """
        import sys, tarfile, zipfile, os, urllib.parse
        archive, job, stem, *paths = map(os.fsencode, sys.argv[1:])
        if archive.endswith(b'.zip'):
            with zipfile.ZipFile(os.fsdecode(archive)) as found:
                assert found.testzip() is None
                names = found.namelist()
                content = {name: found.read(name) for name in names}
        else:
            with tarfile.open(os.fsdecode(archive), 'r:gz') as found:
                members = found.getmembers()
                assert all(member.isfile() for member in members), members
                names = [member.name for member in members]
                content = {member.name: found.extractfile(member).read() for member in members}
        assert len(set(names)) == len(names), names
        def read(path):
            place = b'' if path.startswith(b'work.') else b'work/'
            for form in (path, urllib.parse.unquote_to_bytes(path)):
                try:
                    with open(job + b'/' + place + form, 'rb') as file:
                        return file.read()
                except OSError:
                    pass
            raise SystemExit(f'{path}: no such file')
        wanted = {os.fsdecode(stem + b'/files/' + path): read(path) for path in paths}
        for log in ('job.out', 'job.err'):
            with open(os.fsdecode(job) + '/' + log, 'rb') as file:
                wanted[os.fsdecode(stem) + '/' + log] = file.read()
        assert set(names) == set(wanted), (sorted(names), sorted(wanted))
        assert content == wanted
        """

    /// Code of a spider that leaves all kinds of files.
    private static let leaves = """
        import os
        os.mkdir('full')
        for number in range(300):
            open('full/%d.jpg' % number, 'wb').write(os.urandom(number * 37))
        for name in (b'caf\\xe9.txt', b'caf%E9.txt', 'größe шла.csv'.encode(), b'a\\\\..\\\\..\\\\b', b'new\\nline', b'empty',
                     b'-rf', b'work.earlier', 'e\\u0301.csv'.encode(), '\\u00e9.csv'.encode(),
                     b'\\xff\\\\..\\\\x', b'\\x01%'):
            open(name, 'wb').write(b'' if name == b'empty' else name * 9)
        os.makedirs(b'd\\xe9/' + b'deep/' * 20)
        open(b'd\\xe9/' + b'deep/' * 20 + b'x', 'wb').write(b'x')
        open('items.json', 'w').write('changed')
        os.symlink('/etc/passwd', 'out')
        os.symlink('/etc', 'away')
        os.symlink('items.json', 'again')
        os.mkfifo('pipe')
        open('old', 'w').write('1')
        os.utime('old', (-10**10, -10**10))
        open('far', 'w').write('2')
        os.utime('far', (10**11, 10**11))
        print('said')
        """

    /// A server with a job that runs code in its `work/`.
    private struct Desk {
        let server: Server
        let id: JobID
        let stem: String

        init(in folder: Folder, _ code: String, flags: [String] = []) async throws {
            let room = try await Workroom(in: folder)
            server = try await Server(in: folder, flags: ["--scrapy", room.scrapy] + flags)
            try await server.push(room.archive)
            id = try await server.schedule("writer/write", payload: Workroom.payload(code))
            stem = "writer-write-\(id)"
        }
    }

    /// The bytes of a name that is shown in a list.
    private static func bytes(ofShown path: String) -> [UInt8] {
        let parts = path.split(separator: "%", omittingEmptySubsequences: false)
        return Array(parts[0].utf8)
            + parts.dropFirst().flatMap { part in
                UInt8(part.prefix(2), radix: 16).map { [$0] + Array(part.dropFirst(2).utf8) }
                    ?? Array("%\(part)".utf8)
            }
    }

    @Test("It has both logs and the listed files, and can be read by other programs", arguments: ["zip", "tar.gz"])
    func content(format: String) async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder, JobArchiveTests.leaves)
            let (server, id) = (desk.server, desk.id)
            #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))")
            let work = server.directory(of: id) + "/work"
            try await folder.run("cp", "-r", "\(work)/full", "\(work)/../work.earlier")
            let path = "get-archive?id=\(id)\(format == "zip" ? "" : "&format=\(format)")"
            let answer = try await server.curl(path)
            #expect(answer.status == 200)
            #expect(answer[field: "content-type"] == (format == "zip" ? "application/zip" : "application/gzip"))
            #expect(answer[field: "content-disposition"] == "attachment; filename=\"\(desk.stem).\(format)\"")
            #expect(
                answer[field: "x-content-type-options"] == "nosniff" && answer[field: "cache-control"] == "no-store")
            #expect(answer[field: "content-length"] == nil && answer[field: "transfer-encoding"] == "chunked")
            let head = try await server.curl(path, "-I")
            #expect(head.status == 200 && head[field: "content-type"] == answer[field: "content-type"])
            let file = "\(folder.path)/all.\(format)"
            try File.write(answer.body, to: file)
            let listed = try await server.files(of: id)
            #expect(listed.count > 600 && listed.contains("work.earlier/299.jpg"))
            // In an archive, names that other systems may take for paths have another form; get-file knows both.
            let paths = listed.map { path in
                path.utf8.contains { $0 == UInt8(ascii: "\\") || $0 < 0x20 }
                    ? JobArchiveTests.bytes(ofShown: path).map {
                        "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true)
                    }.joined()
                    : path
            }
            for path in paths where path.hasPrefix("%61%5C") {
                #expect(try await server.getFile(path, of: id).text.hasPrefix("a\\..\\..\\b"))
            }
            try File.write(JobArchiveTests.compare, to: "\(folder.path)/compare.py")
            let words = ["python3", "\(folder.path)/compare.py", file, server.directory(of: id), desk.stem] + paths
            let compared = try folder.start(words)
            #expect(try await compared.wait().exit == 0, "\(compared.said)")
            let place = folder.fresh("unpacked")
            try File.makeDirectory(place)
            if format == "zip" {
                try await folder.run("unzip", "-q", file, in: place)
            } else {
                try await folder.run("tar", "-xzf", file, in: place)
            }
            try await folder.run("diff", "-r", "\(work)/full", "\(place)/\(desk.stem)/files/full")
            #expect(try File.text("\(place)/\(desk.stem)/job.out") == "said\n")
        }
    }

    @Test(
        "A file that becomes longer or shorter while it is sent makes no archive invalid", arguments: ["zip", "tar.gz"])
    func change(format: String) async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder, "import os; open('big', 'wb').write(os.urandom(64 << 20))")
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            for (name, size) in [("grows", 80), ("shrinks", 40)] {
                let file = "\(folder.path)/\(name).\(format)"
                let change =
                    name == "grows"
                    ? "head -c 16M /dev/zero >> \(server.directory(of: id))/work/big"
                    : "truncate -s \(size)M \(server.directory(of: id))/work/big"
                // The server has sent what fits into buffers, and waits for the reader.
                try await folder.shell(
                    """
                    mkfifo \(file).pipe; curl -sSNf '\(server.url("get-archive?id=\(id)&format=\(format)"))' > \(file).pipe &
                    exec 3< \(file).pipe; dd bs=1 count=1 status=none <&3 > \(file); \(change); cat <&3 >> \(file); wait $!
                    """)
                let length = name == "grows" ? 64 : 80
                let expression =
                    format == "zip"
                    ? "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; "
                        + "d = z.read(sys.argv[2])"
                    : "import sys, tarfile; d = tarfile.open(sys.argv[1]).extractfile(sys.argv[2]).read()"
                let check =
                    "; f = open(sys.argv[3], 'rb').read(); n = \(min(length, size)) << 20; assert len(d) == \(length) << 20, len(d)"
                    + "; assert d[:n] == f[:n] and not any(d[n:])"
                try await folder.run(
                    "python3", "-c", expression + check, file, "\(desk.stem)/files/big",
                    "\(server.directory(of: id))/work/big")
                if format == "zip" { try await folder.run("unzip", "-tq", file) }
            }
        }
    }

    @Test("Of a job that is deleted while its archive is sent the archive is not whole", arguments: ["zip", "tar.gz"])
    func deletion(format: String) async throws {
        try await Folder.with { folder in
            let code = "import os; open('big', 'wb').write(os.urandom(64 << 20)); open('small', 'w').close()"
            let desk = try await Desk(in: folder, code)
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            let said = try await folder.shell(
                """
                cd \(folder.path); mkfifo pipe
                curl -sNf '\(server.url("get-archive?id=\(id)&format=\(format)"))' > pipe & exec 3< pipe
                dd bs=1 count=1 status=none <&3 > taken
                curl -sSf -o answer -F id=\(id) \(server.url("delete-job.json"))
                cat <&3 >> taken; if wait $!; then echo whole; else echo cut; fi
                """)
            #expect(said == "cut\n")
            #expect(!server.log.contains("Fatal"), "\(server.log)")
            #expect(try await server.curl("get-archive?id=\(id)").status == 400)
        }
    }

    @Test("Eight slow clients keep nobody waiting but a ninth, and leave their places when they go")
    func slowClients() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder, "import os; open('big', 'wb').write(os.urandom(64 << 20))")
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            let memory = try ProcessMemory(of: server.process)
            var (clients, pipes): ([Child], [Int32]) = ([], [])
            defer { for pipe in pipes { close(pipe) } }
            for number in 0..<8 {
                let path = "\(folder.path)/pipe-\(number)"
                try await folder.run("mkfifo", path)
                clients.append(try folder.start(["curl", "-sSN", "-o", path, server.url("get-archive?id=\(id)")]))
                // Open for both, so that it does not wait for curl.
                pipes.append(open(path, O_RDWR | O_CLOEXEC))
            }
            for pipe in pipes {
                let count = try await onThread {
                    var byte: UInt8 = 0
                    return read(pipe, &byte, 1)
                }
                #expect(count == 1)
            }
            let ninth = try await server.curl("get-archive?id=\(id)")
            #expect(ninth.status == 503 && ninth[field: "retry-after"] == "10", "\(ninth.status)")
            #expect(ninth.message == "8 archives of jobs are being sent already: ask again in a while")
            #expect(try await server.files(of: id) == ["big"])
            #expect(try await server.getFile("big", of: id).body.count == 64 << 20)
            let more = try ProcessMemory(of: server.process).resident - memory.resident
            #expect(more < 48 << 20, "\(more >> 20) MiB more")
            for client in clients { try await client.end(by: SIGKILL) }
            let deadline = ContinuousClock.now + patience
            var status = 0
            repeat {
                status = try await server.curl("get-archive?id=\(id)", "-I").status
            } while status == 503 && .now < deadline
            #expect(status == 200)
        }
    }

    @Test(
        "A server that stops cuts downloads whose clients are slow, and ends as always",
        arguments: ["get-archive?id=ID", "get-file?id=ID&path=big"])
    func stop(path: String) async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder, "import os; open('big', 'wb').write(os.urandom(64 << 20))")
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            let pipe = "\(folder.path)/pipe"
            try await folder.run("mkfifo", pipe)
            let reader = open(pipe, O_RDWR | O_CLOEXEC)
            defer { close(reader) }
            let client = try folder.start(
                ["curl", "-sSN", "-o", pipe, server.url(path.replacing("ID", with: "\(id)"))])
            let count = try await onThread {
                var byte: UInt8 = 0
                return read(reader, &byte, 1)
            }
            #expect(count == 1)
            #expect(try await server.process.end(by: SIGTERM).exit == 0, "\(server.log)")
            try await client.end(by: SIGKILL)
        }
    }

    @Test(
        "The client says of a download that a stop of the server has cut that it is not whole",
        arguments: ["big", "--archive -"])
    func cut(words: String) async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder, "import os; open('big', 'wb').write(os.urandom(64 << 20))")
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            try await folder.run("mkfifo", "\(folder.path)/begun", "\(folder.path)/go")
            // What reads takes one byte, and the rest when the server has gone.
            let client = try folder.start([
                "bash", "-c",
                """
                set -o pipefail; "$0" files --url \(server.url("").dropLast()) \(id) \(words) |
                { dd bs=1 count=1 status=none > begun; read -r _ < go; cat > /dev/null; }
                """, "\(Place.programs)/scrapy-spool",
            ])
            try await folder.shell("head -c 1 begun > /dev/null")
            #expect(try await server.process.end(by: SIGTERM).exit == 0, "\(server.log)")
            try await folder.shell("echo > go")
            #expect(try await client.wait().exit == 69, "\(client.said)")
            let said = try File.text(client.error)
            #expect(
                said.contains("ended its answer too early: it was stopped, or the connection was lost")
                    && !said.contains("https"), "\(said)")
        }
    }

    @Test("A file of more than 4 GiB has its length in a zip, and the server's memory stays as it is")
    func large() async throws {
        try await Folder.with { folder in
            let size = (4 << 30) + 12_345
            let desk = try await Desk(in: folder, "open('large', 'wb').truncate(\(size))")
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            let memory = try ProcessMemory(of: server.process)
            let file = "\(folder.path)/large.zip"
            _ = try await server.curl("get-archive?id=\(id)", "-o", file)
            let more = try ProcessMemory(of: server.process).peak - memory.resident
            #expect(more < 48 << 20, "\(more >> 20) MiB more")
            try await folder.run("unzip", "-tq", file)
            let said = try await folder.run(
                "python3", "-c",
                "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).getinfo(sys.argv[2]).file_size)",
                file, "\(desk.stem)/files/large")
            #expect(said == "\(size)\n")
        }
    }

    @Test("More files than a zip has room for make a tar, of which the list has the first")
    func many() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(
                in: folder,
                """
                import os
                for n in range(15):
                    os.mkdir('d' * 250)
                    os.chdir('d' * 250)
                for n in range(5000):
                    open(str(n), 'w').close()
                """)
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            let zip = try await server.curl("get-archive?id=\(id)")
            #expect(
                zip.status == 400 && zip.message?.contains("ask with format=tar.gz") == true, "\(zip.text.prefix(200))")
            let list = try await server.ok("list-files.json?id=\(id)")
            #expect(list["files"]?.elements?.count == 1000 && list["more"] == .bool(true))
            let file = "\(folder.path)/many.tar.gz"
            _ = try await server.curl("get-archive?id=\(id)&format=tar.gz", "-o", file)
            #expect(try await folder.shell("tar -tzf \(file) | wc -l") == "5002\n")
        }
    }

    @Test("What the server may not read is named in the archive")
    func unreadable() async throws {
        // Root may read everything, so that of it only depth shows.
        try await Folder.with { folder in
            let desk = try await Desk(
                in: folder,
                """
                import os
                open('shut', 'w').close()
                os.chmod('shut', 0)
                for n in range(70):
                    os.mkdir('d')
                    os.chdir('d')
                open('x', 'w').close()
                """)
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            let answer = try await server.curl("get-archive?id=\(id)")
            let file = "\(folder.path)/some.zip"
            try File.write(answer.body, to: file)
            let lines = try await folder.run("unzip", "-p", file, "\(desk.stem)/left-out.txt").split(separator: "\n")
            let deep = "files/" + Array(repeating: "d", count: 65).joined(separator: "/")
            #expect(lines.contains("\(deep): more than 64 directories deep"), "\(lines)")
            #expect(lines.contains("files/shut: Permission denied") == (Host.effectiveUser != 0), "\(lines)")
        }
    }

    @Test("A job's archive needs the right to read, an id, a known format, and something in it")
    func refusals() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let standIn = try await StandIn(in: folder)
            let open = try await standIn.server()
            try await open.push(try await standIn.archive("shop"))
            let id = try await open.schedule("shop/slow")
            _ = try await open.running(id)
            let running = try await open.curl("get-archive?id=\(id)")
            #expect(running.status == 200 && running.body.starts(with: Array("PK".utf8)), "of a job that runs")
            let planned = try await open.schedule("shop/fast", when: "every 9 days")
            for (path, status, message) in [
                ("get-archive?id=\(planned)", 404, "Job \(planned) has no log and no files yet"),
                ("get-archive?id=\(id)&format=rar", 400, "\"format\" is zip or tar.gz, not \"rar\""),
                ("get-archive", 400, "Missing argument \"id\""),
                (
                    "get-archive?id=\(id.description.dropLast(36))x", 400,
                    "No such job: \"x\": an id has 36 characters, as list-jobs.json shows it"
                ),
            ] {
                let answer = try await open.curl(path)
                #expect(answer.status == status && answer.message == message, "\(path): \(answer.text)")
            }
            #expect(try await open.curl("get-archive?id=\(id)", "-X", "POST").status == 405)
            try await open.process.end(by: SIGTERM)
            let server = try await Server(in: folder, flags: ["--scrapy", standIn.scrapy] + users.flags)
            #expect(try await server.curl("get-archive?id=\(id)").status == 401)
            let token = try await users.token("read", of: "ci", in: folder)
            #expect(try await server.curl("get-archive?id=\(id)", "-H", "Authorization: Bearer \(token)").status == 200)
        }
    }

    @Test("The client lists files, prints one, and saves whole archives only")
    func client() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder, "open('a.jsonl', 'w').write('{}\\n')\nopen('b', 'w').write('bb')")
            let (server, id) = (desk.server, desk.id)
            _ = try await server.ended(id)
            func run(_ words: String..., url: String? = nil) async throws -> (exit: Int32?, out: String, error: String)
            {
                let child = try folder.start(
                    ["\(Place.programs)/scrapy-spool", "files", "\(id)"] + words,
                    environment: Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") } + [
                        "SCRAPY_SPOOL_URL=\(url ?? "http://\(server.address)")"
                    ])
                let end = try await child.wait()
                return (end.exit, try File.text(child.out), try File.text(child.error))
            }
            let list = try await run()
            #expect(list.out == "a.jsonl\t3\nb\t2\n", "\(list)")
            #expect(try await run("a.jsonl").out == "{}\n")
            let missing = try await run("c")
            #expect(missing.exit == 1 && missing.error.contains("There is no file c of the job"), "\(missing.error)")
            for name in ["all.zip", "all.tgz"] {
                let saved = try await run("--archive", "\(folder.path)/\(name)")
                #expect(saved.exit == 0 && saved.out.isEmpty && saved.error.isEmpty, "\(saved)")
                #expect(!File.names(folder.path).contains { $0.hasSuffix(".part") })
            }
            #expect(try await folder.run("unzip", "-p", "\(folder.path)/all.zip", "\(desk.stem)/files/b") == "bb")
            #expect(try await folder.run("tar", "-xzOf", "\(folder.path)/all.tgz", "\(desk.stem)/files/b") == "bb")
            #expect(try await run("b", "--archive", "x").exit == 64)
            #expect(try await run("--archive", "\(folder.path)/none/x.zip").exit == 64)
            // What is no regular file stays.
            try await folder.run("mkfifo", "\(folder.path)/fifo.zip")
            #expect(try await run("--archive", "\(folder.path)/fifo.zip").exit == 64)
            #expect(try await folder.shell("stat -c %F \(folder.path)/fifo.zip; ls \(folder.path)").hasPrefix("fifo\n"))
            // A server that ends in the middle.
            try File.write(
                """
                import socket, sys
                listener = socket.create_server(('127.0.0.1', 0))
                print(listener.getsockname()[1], flush=True)
                while True:
                    client, _ = listener.accept()
                    client.recv(65536)
                    client.sendall(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2\\r\\nPK\\r\\n')
                    client.close()
                """, to: "\(folder.path)/half.py")
            let half = try folder.start(["python3", "\(folder.path)/half.py"])
            let port = try await waitFor("a port", in: [folder.path], unlessEnded: half) {
                let text = try File.text(half.out)
                return text.hasSuffix("\n") ? String(text.dropLast()) : nil
            }
            let cut = try await run("--archive", "\(folder.path)/cut.zip", url: "http://127.0.0.1:\(port)")
            #expect(cut.exit != 0 && !cut.error.isEmpty, "\(cut)")
            #expect(!File.names(folder.path).contains { $0.hasPrefix("cut.zip") })
        }
    }
}
