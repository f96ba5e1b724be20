import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("What jobs write", .fewAtATime)
struct WorkTests {
    /// A way to write, and what is listed of a job that did it.
    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: String
        let files: [String]

        init(_ name: String, _ code: String, _ files: String...) {
            testDescription = name
            self.code = code
            self.files = files
        }
    }

    static let ways = [
        Way("nothing", "pass"),
        Way(
            "reads everything",
            "import os\nfor d, _, fs in os.walk('.'):\n  for f in fs: open(os.path.join(d, f), 'rb').read()"),
        Way("over a file of the archive", "open('items.json', 'w').write('mine')", "items.json"),
        Way("to its end", "open('items.json', 'a').write('mine')", "items.json"),
        Way("truncates it", "import os\nos.truncate('items.json', 0)", "items.json"),
        Way("the same again", "t = open('items.json').read()\nopen('items.json', 'w').write(t)", "items.json"),
        Way(
            "the same length, with the time put back",
            """
            import os
            s = os.stat('items.json')
            open('items.json', 'r+').write('[X')
            os.utime('items.json', ns=(s.st_atime_ns, s.st_mtime_ns))
            """, "items.json"),
        Way("over a module", "open('writer/page.py', 'a').write('HEAD = 1')", "writer/page.py"),
        Way(
            "over a module in place, and imports it",
            """
            import os, sys
            s = os.stat('writer/page.py')
            open('writer/page.py', 'r+').write("HEAD = 'new'")
            os.utime('writer/page.py', ns=(s.st_atime_ns, s.st_mtime_ns))
            sys.path.insert(0, '')
            import writer.page
            assert writer.page.HEAD == 'new', writer.page.HEAD
            """, "writer/page.py"),
        Way(
            "beside __file__",
            """
            import os, sys
            sys.path.insert(0, '')
            import writer.page
            open(os.path.join(os.path.dirname(writer.page.__file__), 'out.txt'), 'w').write('x')
            """, "writer/out.txt"),
        Way(
            "below every directory",
            """
            import os
            for d, ds, fs in list(os.walk('.')):
                open(os.path.join(d, 'new.txt'), 'w').write('x')
            """, "beside/lib/new.txt", "beside/new.txt", "data/deep/er/new.txt", "data/deep/new.txt", "data/new.txt",
            "new.txt", "writer/__pycache__/new.txt", "writer/new.txt", "writer/spiders/__pycache__/new.txt",
            "writer/spiders/new.txt"),
        Way("renames over it", "import os\nopen('t', 'w').write('x')\nos.replace('t', 'items.json')", "items.json"),
        Way(
            "makes a directory anew",
            "import os, shutil\nshutil.rmtree('data')\nos.mkdir('data')\nopen('data/x', 'w').write('x')", "data/x"),
        Way("removes much", "import os, shutil\nshutil.rmtree('writer')\nos.remove('items.json')"),
        Way(
            "moves a directory", "import os\nos.rename('data/deep', 'moved')", "moved/er/b.txt"),
        Way(
            "SQLite with a journal",
            """
            import sqlite3
            c = sqlite3.connect('data/db.sqlite')
            c.execute('create table t (x)')
            c.commit()
            """, "data/db.sqlite"),
        Way(
            "SQLite with a write-ahead log",
            """
            import os, sqlite3
            c = sqlite3.connect('data/wal.sqlite')
            c.execute('pragma journal_mode=wal')
            c.execute('create table t (x)')
            c.commit()
            os._exit(0)
            """, "data/wal.sqlite", "data/wal.sqlite-shm", "data/wal.sqlite-wal"),
        Way("a lock", "import fcntl\nf = open('items.json', 'r+')\nfcntl.lockf(f, fcntl.LOCK_EX)"),
        Way("changes a mode", "import os\nos.chmod('items.json', 0o640)", "items.json"),
        Way("gives it a second name", "import os\nos.link('items.json', 'data/h')", "data/h", "items.json"),
        Way("through a link into the project", "open('short/s.txt', 'w').write('x')", "data/deep/s.txt"),
        Way("through a link to a file of the project", "open('data/page', 'a').write('x')", "items.json"),
        Way("below a link beside the project", "open('beside/lib/o.txt', 'w').write('x')", "beside/lib/o.txt"),
        Way("over a file that was linked beside it", "open('data/c.txt', 'a').write('x')", "data/c.txt"),
        Way("a link in its place", "import os\nos.remove('items.json')\nos.symlink('/etc/passwd', 'items.json')"),
        Way("a FIFO in its place", "import os\nos.remove('items.json')\nos.mkfifo('items.json')"),
        Way(
            "a directory in its place",
            "import os\nos.remove('items.json')\nos.mkdir('items.json')\nopen('items.json/x', 'w').write('x')",
            "items.json/x"),
        Way(
            "below a directory that it closes",
            "import os\nos.mkdir('ro')\nopen('ro/x', 'w').write('x')\nos.chmod('ro', 0o500)\nos.chmod('data', 0o500)",
            "ro/x"),
        Way(
            "names that are not UTF-8, and such that look like them",
            """
            import os
            os.mkdir(b'd\\xe9')
            for n in (b'caf\\xe9.txt', b'caf%E9.txt', b'100%\\xff.txt', b'd\\xe9/x.txt', b'%41.txt'):
                open(n, 'wb').write(n)
            """, "%41.txt", "%63%61%66%E9%2E%74%78%74", "100%25%FF.txt", "caf%E9.txt", "d%E9/x.txt"),
    ]

    static let users = Host.effectiveUser == 0 ? ["", "nobody"] : [""]

    @Test("All of it is a job's own, and is listed; the code stays as it was pushed", arguments: users)
    func ways(user: String) async throws {
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            let room = try await Workroom(in: folder)
            let flags = ["--scrapy", room.scrapy, "--job-slots", "4"] + (user.isEmpty ? [] : ["--run-as", user])
            let server = try await Server(in: folder, flags: flags)
            try await server.push(room.archive)
            let code = try await server.code("writer")
            #expect(code.contains("writer/writer/__pycache__/page.cpython-"), "compiled at the push")
            #expect(!code.contains("listed.txt"))
            // All at once, so that each would see what others write.
            var jobs: [(Way, JobID)] = []
            for way in WorkTests.ways {
                jobs.append((way, try await server.schedule("writer/write", payload: Workroom.payload(way.code))))
            }
            for (way, id) in jobs {
                let status = try await server.ended(id)
                #expect(status.state == .successful, "\(way.testDescription): \(server.log(of: id))")
                let files = try await server.files(of: id)
                #expect(files == way.files, "\(way.testDescription)")
                for path in files {
                    let answer = try await server.getFile(path, of: id)
                    #expect(answer.status == 200, "\(way.testDescription): \(path): \(answer.text)")
                }
            }
            // What is not listed is not there either, so that a kept job costs little.
            let plain = try #require(jobs.first).1
            try await server.trimmed(plain)
            #expect(File.names(server.directory(of: plain) + "/work").isEmpty)
            #expect(try await server.code("writer") == code)
            let check = try folder.start([try Place.server(), "check", server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
        }
    }

    @Test("Names that are not UTF-8 lead to their files")
    func names() async throws {
        try await Folder.with { folder in
            let room = try await Workroom(in: folder)
            let server = try await Server(in: folder, "--scrapy", room.scrapy)
            try await server.push(room.archive)
            let way = try #require(WorkTests.ways.last)
            let id = try await server.schedule("writer/write", payload: Workroom.payload(way.code))
            _ = try await server.ended(id)
            for (path, content) in [
                ("%63%61%66%E9%2E%74%78%74", Array("caf".utf8) + [0xe9] + Array(".txt".utf8)),
                ("caf%E9.txt", Array("caf%E9.txt".utf8)), ("%41.txt", Array("%41.txt".utf8)),
                ("d%E9/x.txt", [UInt8(ascii: "d"), 0xe9] + Array("/x.txt".utf8)),
            ] {
                #expect(try await server.getFile(path, of: id).body == content, "\(path)")
            }
            for path in ["A.txt", "%2E%2E/status", "d%E9%2Fx.txt", "%2E", "d%E9/..", "%63af%00.txt", "caf%E.txt"] {
                #expect(try await server.getFile(path, of: id).status == 404, "\(path)")
            }
        }
    }

    @Test("While a job runs, its list has what it wrote, and its project's files are not given out")
    func running() async throws {
        try await Folder.with { folder in
            let room = try await Workroom(in: folder, more: 300)
            let server = try await Server(in: folder, "--scrapy", room.scrapy)
            try await server.push(room.archive)
            let id = try await server.schedule(
                "writer/write",
                payload: Workroom.payload(
                    "import time\nopen('items.json', 'w').write('mine')\nopen('data/x', 'w').close()\ntime.sleep(1000)")
            )
            _ = try await server.running(id)
            _ = try await server.file("work/data/x", of: id)
            #expect(try await server.files(of: id) == ["data/x", "items.json"])
            #expect(try await server.getFile("items.json", of: id).text == "mine")
            for path in ["writer/settings.py", "many/3/3.txt", "data/c.txt", "scrapy.cfg"] {
                #expect(File.exists(server.directory(of: id) + "/work/\(path)"))
                #expect(try await server.getFile(path, of: id).status == 404, "\(path)")
            }
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await server.files(of: id) == ["data/x", "items.json"])
            try await server.trimmed(id)
            #expect(
                try await folder.shell("cd '\(server.directory(of: id))/work' && find -type f | sort")
                    == "./data/x\n./items.json\n")
        }
    }

    @Test("Copies are ready, each start finds its own fresh, and they come back", arguments: [0, 300])
    func ready(more: Int) async throws {
        try await Folder.with { folder in
            let room = try await Workroom(in: folder, more: more)
            let server = try await Server(in: folder, "--scrapy", room.scrapy)
            try await server.push(room.archive)
            let ready = "\(server.spool)/ready"
            try await waitFor("copies", in: [ready]) {
                File.names(ready).count { $0.hasPrefix("ready.1.") } >= 3 ? () : nil
            }
            let code = try await server.code("writer")
            let inodes = try Set(
                File.names(ready).filter { $0.hasPrefix("ready.") }.map {
                    try Directory(path: ready).information($0).inode
                })
            for number in 0..<6 {
                let id = try await server.schedule(
                    "writer/write",
                    payload: Workroom.payload(
                        "import os, shutil\nassert 'from the desk' in open('items.json').read()\n"
                            + "assert open('data/deep/er/b.txt').read() + open('data/a.txt').read() == 'b\\na\\n'\n"
                            + "open('data/a.txt', 'w').write('\(number)')\nopen('items.json', 'a').write('x')\n"
                            + "shutil.rmtree('data/deep')"))
                #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))")
                #expect(try await server.files(of: id) == ["data/a.txt", "items.json"])
                try await server.trimmed(id)
                #expect(
                    try await folder.shell("cd '\(server.directory(of: id))/work' && find -type f | sort")
                        == "./data/a.txt\n./items.json\n")
                let work = try Directory(path: server.directory(of: id)).information("work").inode
                if number == 0 { #expect(inodes.contains(work), "the first one takes a copy that was there") }
            }
            #expect(try await server.code("writer") == code)
            // Those of an old version go.
            try await server.push(room.archive)
            try await waitFor("the next copies", in: [ready]) {
                let names = File.names(ready)
                return !names.isEmpty && names.allSatisfy { $0.hasPrefix("ready.2.") } ? () : nil
            }
        }
    }

    @Test(
        "While the disk is full the copies are given up, and they are made again when it is not",
        .enabled(if: Host.effectiveUser == 0))
    func fullDisk() async throws {
        try await Folder.with { folder in
            let disk = "\(folder.path)/disk"
            try File.makeDirectory(disk)
            try await folder.run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk)
            do {
                try await giveUp(on: disk, in: folder)
            } catch {
                try await folder.run("umount", "-l", disk)
                throw error
            }
            try await folder.run("umount", "-l", disk)
        }
    }

    private func giveUp(on disk: String, in folder: Folder) async throws {
        let server = try await Server(in: folder, spool: "disk/spool")
        try await server.push(Archives.trouble)
        let ready = "\(server.spool)/ready"
        func waitForCopies(_ isThere: Bool) async throws {
            // A look at the disk comes every half minute.
            try await waitFor("copies: \(isThere)", in: [ready], within: .seconds(150)) {
                (isThere ? File.names(ready).contains { $0.hasPrefix("ready.") } : File.names(ready).isEmpty) ? () : nil
            }
        }
        try await waitForCopies(true)
        try await folder.run(
            "sh", "-c",
            "avail=$(df --output=avail -k \(disk) | tail -1); "
                + "fallocate -l $(( (avail - 800) * 1024 )) \(disk)/much")
        try await waitForCopies(false)
        try await folder.run("rm", "\(disk)/much")
        try await waitForCopies(true)
        #expect(try await server.ended(try await server.schedule("trouble/quick")).state == .successful)
        try await server.process.end(by: SIGTERM)
    }
}

extension Server {
    /// Waits until only what a job has written is left of its working directory.
    func trimmed(_ id: JobID) async throws {
        let directory = directory(of: id)
        let claim = try #require(File.names(directory).first { $0.hasPrefix("claim.") })
        try await EndToEndTests.waitFor("is trimmed", in: ["\(directory)/\(claim)"]) {
            File.exists("\(directory)/\(claim)/trimmed") ? () : nil
        }
    }
}
