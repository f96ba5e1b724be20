import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Copies that are ready for jobs")
struct ReadyCopyTests {
    private let temporary: TemporarySpool
    private let project: ProjectMetadata
    private let list: CodeList
    private let code: String

    init() throws { try self.init(in: nil) }

    private init(in parent: String?) throws {
        temporary = try TemporarySpool(in: parent)
        let instant = Timestamp(microseconds: 0)
        project = ProjectMetadata(
            name: try #require(ProjectName("shop")), version: 1, directory: "shop", spiders: [], created: instant,
            updated: instant)
        code = "\(temporary.path)/projects/shop/versions/1/code/shop"
        for (path, text) in ReadyCopyTests.files { try ReadyCopyTests.write(text, to: "\(code)/\(path)") }
        for number in 0..<100 {
            try ReadyCopyTests.write("number \(number)", to: "\(code)/many/\(number % 7)/\(number)")
        }
        chmod("\(code)/run.sh", 0o755)
        symlink("data/a.txt", "\(code)/link")
        list = try #require(temporary.spool.list(of: project))
    }

    private static let files = [
        "scrapy.cfg": "cfg", "run.sh": "#!/bin/sh\n", "shop/__init__.py": "", "shop/page.py": "x = 1",
        "data/a.txt": "a",
        "data/deep/b.txt": "b", "data/deep/er/c.txt": "c", "data/empty.txt": "",
    ]

    private static func write(_ text: String, to path: String) throws {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let name = String(path[path.index(after: slash)...])
        let file = try Directory(making: String(path[..<slash])).file(name, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(Array(text.utf8))
    }

    /// What is below a directory: the path of each file with its content, mode and time, of each link with its target, and of
    /// each directory with its mode.
    private func tree(_ directory: borrowing Directory, _ prefix: String = "") throws -> Set<String> {
        var result: Set<String> = []
        for name in try directory.names() {
            let found = try directory.information(name)
            let mode = String(found.permissions & 0o700, radix: 8)
            switch found.kind {
            case .directory:
                result.insert("\(prefix)\(name)/ \(mode)")
                result.formUnion(try tree(directory.directory(name), "\(prefix)\(name)/"))
            case .symbolicLink: result.insert("\(prefix)\(name) -> \(try directory.target(ofLink: name))")
            default:
                let text = String(decoding: try directory.content(name), as: UTF8.self)
                result.insert("\(prefix)\(name) \(mode) \(found.modified) \(text)")
            }
        }
        return result
    }

    /// A job, and the path of its working directory.
    private struct Working: ~Copyable {
        let job: JobDirectory
        let work: String
    }

    /// A job that has claimed an attempt and got its working directory.
    private func job() throws -> Working {
        let job = temporary.job()
        try temporary.spool.create(job)
        let directory = try temporary.spool.directory(of: job.id)
        _ = try directory.claim("a1")
        try directory.prepareWork(for: "a1", of: project.name, version: 1, account: nil)
        // What a job does is later than that by the filesystem's clock, whose steps are some milliseconds.
        let prepared = try directory.directory.directory("claim.a1").information("prepared").changed
        repeat {
            try directory.directory.writeDurably("clock", [0])
        } while (try directory.directory.information("clock").changed) <= prepared
        return Working(job: directory, work: "\(temporary.path)/jobs/\(job.id.day)/\(job.id)/work")
    }

    private func takeBack(_ job: borrowing JobDirectory, _ record: CopyRecord?) -> (copy: CopyRecord?, isTrimmed: Bool)
    {
        temporary.spool.takeBack(
            from: job, of: project.name, version: 1, like: list, for: nil,
            record: { $0 == record?.inode ? record : nil })
    }

    /// Something that a job does in its working directory, and the files that are the job's own then.
    struct Deed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let files: [String]
        let isTakenBack: Bool
        let run: @Sendable (String) throws -> Void

        init(
            _ name: String, _ files: [String], isTakenBack: Bool = true,
            _ run: @escaping @Sendable (String) throws -> Void
        ) {
            testDescription = name
            self.files = files
            self.isTakenBack = isTakenBack
            self.run = run
        }
    }

    static let deeds = [
        Deed("nothing", []) { _ in },
        Deed("a new file", ["new"]) { try write("x", to: "\($0)/new") },
        Deed("new files below", ["data/deep/er/new", "own/x/y"]) {
            try write("x", to: "\($0)/data/deep/er/new")
            try write("x", to: "\($0)/own/x/y")
        },
        Deed("over a file", ["data/a.txt"]) { try write("x", to: "\($0)/data/a.txt") },
        Deed("over a file, with the time put back", ["data/a.txt"]) { work in
            let directory = try Directory(path: "\(work)/data")
            let time = try directory.information("a.txt").modificationTime
            try write("x", to: "\(work)/data/a.txt")
            try directory.file("a.txt", O_WRONLY).setModified(time)
        },
        Deed("a mapping of a file", ["shop/page.py"]) { work in
            let file = try Directory(path: "\(work)/shop").file("page.py", O_RDWR)
            let place = try #require(mmap(nil, 5, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0))
            place.storeBytes(of: UInt8(ascii: "y"), as: UInt8.self)
            munmap(place, 5)
        },
        Deed("another mode", ["data/a.txt"]) { chmod("\($0)/data/a.txt", 0o640) },
        Deed("a second name elsewhere", ["data/a.txt"]) { work in link("\(work)/data/a.txt", "\(work)/../elsewhere") },
        Deed("a write through a second name elsewhere", ["many/3/3"]) { work in
            link("\(work)/many/3/3", "\(work)/../other")
            try write("x", to: "\(work)/../other")
        },
        Deed("a file moved", ["moved"]) { rename("\($0)/data/a.txt", "\($0)/moved") },
        Deed("files exchanged", ["data/a.txt", "data/deep/b.txt"]) {
            rename("\($0)/data/a.txt", "\($0)/t")
            rename("\($0)/data/deep/b.txt", "\($0)/data/a.txt")
            rename("\($0)/t", "\($0)/data/deep/b.txt")
        },
        Deed("a directory moved", ["moved/b.txt", "moved/er/c.txt"]) { rename("\($0)/data/deep", "\($0)/moved") },
        Deed("a directory moved there and back", []) {
            rename("\($0)/data/deep", "\($0)/moved")
            rename("\($0)/moved", "\($0)/data/deep")
        },
        Deed("another mode of a directory", []) { chmod("\($0)/data/deep", 0o755) },
        Deed("a directory made anew", ["data/x"]) {
            try Directory(path: $0).removeTree("data")
            try write("x", to: "\($0)/data/x")
        },
        Deed("a link in the place of a directory", []) {
            try Directory(path: $0).removeTree("data")
            symlink("/etc", "\($0)/data")
        },
        Deed("a link in the place of a file", []) {
            unlink("\($0)/data/a.txt")
            symlink("/etc/passwd", "\($0)/data/a.txt")
        },
        Deed("another target of a link", []) {
            unlink("\($0)/link")
            symlink("shop", "\($0)/link")
        },
        Deed("byte code", []) { try write("x", to: "\($0)/shop/__pycache__/page.cpython-311.pyc") },
        Deed("all removed", [], isTakenBack: false) { work in
            let directory = try Directory(path: work)
            for name in try directory.names() { try directory.removeTree(name) }
        },
    ]

    @Test(
        "A copy comes back without what a job did to it, and the job keeps that", arguments: deeds, [true, false])
    func comeBack(_ deed: Deed, isRecorded: Bool) throws {
        let spool = temporary.spool
        let before = try tree(Directory(path: code))
        let first = try #require(spool.makeReady(project, like: list, for: nil) {})
        let given = try job()
        let work = given.work
        #expect(try Directory(path: work).descriptor.information().inode == first.inode)
        try deed.run(work)
        let (copy, isTrimmed) = takeBack(given.job, isRecorded ? first : nil)
        #expect((copy != nil) == deed.isTakenBack)
        let isUntrimmed = given.job.hasUntrimmedWork
        #expect(isTrimmed != isUntrimmed)
        given.job.trimWork(onlySmall: false, within: 60_000_000)
        var own: [String] = []
        for line in try tree(Directory(path: work)) where !line.contains("/ ") && !line.contains(" -> ") {
            own.append(String(line.prefix { $0 != " " }))
        }
        #expect(own.sorted() == deed.files)
        #expect(try tree(Directory(path: code)) == before)
        // The next one has what the code has, whoever had it before, and so have those after.
        var last = copy
        for _ in 0..<2 {
            let next = try job()
            let place = next.work
            if let last { #expect(try Directory(path: place).descriptor.information().inode == last.inode) }
            #expect(try tree(Directory(path: place)) == before)
            let (again, isTrimmed) = takeBack(next.job, last)
            let isUntrimmed = next.job.hasUntrimmedWork
            #expect(again != nil && isTrimmed != isUntrimmed)
            // Where it was copied for this job alone, byte code is looked for.
            #expect(isTrimmed || last == nil)
            #expect(try Directory(path: place).names().isEmpty)
            last = again
        }
    }

    /// A filesystem whose times do not tell of a write to a page that was read before.
    private static let memory = "/dev/shm"
    private static let hasMemory = {
        (try? Directory(path: memory).descriptor.filesystem().kind) == 0x0102_1994
    }()

    @Test(
        "A write through a mapping that its filesystem does not notice stays with its job", .enabled(if: hasMemory),
        arguments: [true, false])
    func unnoticed(isMade: Bool) throws {
        let tests = try ReadyCopyTests(in: ReadyCopyTests.memory)
        let spool = tests.temporary.spool
        #expect(!spool.timesWritesThroughMappings)
        let before = try tests.tree(Directory(path: tests.code))
        let record = isMade ? try #require(spool.makeReady(tests.project, like: tests.list, for: nil) {}) : nil
        let given = try tests.job()
        let file = try Directory(path: given.work).file("shop/page.py", O_RDWR)
        let changed = try file.information().changed
        let page = try #require(mmap(nil, 5, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0))
        #expect(page.load(as: UInt8.self) == UInt8(ascii: "x"))
        page.storeBytes(of: UInt8(ascii: "y"), as: UInt8.self)
        munmap(page, 5)
        #expect(try file.information().changed == changed, "else the case is another one")
        let place = try #require(given.job.workPlaces().last)
        let originals = WorkOriginals(of: place, project: tests.project.name, in: spool)
        let work = try Directory(path: given.work)
        for (path, isOriginal) in [("shop/page.py", false), ("shop/__init__.py", true)] {
            let path = RelativePath(Substring(path))
            let information = try work.information(path)
            let found = originals.contain(information, at: path, in: work)
            #expect(found == isOriginal, "\(path)")
        }
        let (copy, _) = tests.takeBack(given.job, record)
        #expect(copy != nil)
        given.job.trimWork(onlySmall: false, within: 60_000_000)
        #expect(try tests.tree(Directory(path: given.work)).map { $0.suffix(5) }.contains("y = 1"))
        let next = try tests.job().work
        #expect(try Directory(path: next).descriptor.information().inode == copy?.inode)
        #expect(try tests.tree(Directory(path: next)) == before)
    }

    /// Something that hands do in `ready/`, which has a copy `ready.1.0.own.shop`.
    static let hands: [Deed] = [
        Deed("a file", []) { try write("x", to: "\($0)/ready.1.1.own.shop") },
        Deed("a link", []) { symlink("/etc", "\($0)/ready.1.1.own.shop") },
        Deed("a FIFO", []) { mkfifo("\($0)/ready.1.1.own.shop", 0o600) },
        Deed("an empty directory", []) { mkdir("\($0)/ready.1.1.own.shop", 0o700) },
        Deed("a copy that is not complete, with its time", []) { stock in
            mkdir("\(stock)/ready.1.1.own.shop", 0o700)
            let time = try Directory(path: stock).information("ready.1.0.own.shop").modificationTime
            try Directory(path: "\(stock)/ready.1.1.own.shop").descriptor.setModified(time)
        },
        Deed("a name less", []) { stock in
            try #require(unlink("\(stock)/ready.1.0.own.shop/run.sh") == 0)
            rename("\(stock)/ready.1.0.own.shop", "\(stock)/ready.1.1.own.shop")
        },
    ]

    @Test("What somebody has put into the place of a copy is none", arguments: hands)
    func planted(_ deed: Deed) throws {
        let before = try tree(Directory(path: code))
        let record = try #require(temporary.spool.makeReady(project, like: list, for: nil) {})
        try deed.run("\(temporary.path)/ready")
        // The good one goes last.
        rename("\(temporary.path)/ready/ready.1.0.own.shop", "\(temporary.path)/ready/ready.1.7.own.shop")
        let isLeft = temporary.contains("ready/ready.1.7.own.shop")
        let work = try job().work
        #expect(try tree(Directory(path: work)) == before)
        let inode = try Directory(path: work).descriptor.information().inode
        // Where it was spoiled, the next directory may get its number.
        #expect(!isLeft || inode == record.inode)
        #expect(try temporary.names("ready").isEmpty)
        let age = try SystemClock.wall() - Directory(path: work).descriptor.information().modified / 1000
        #expect(age < 3_600_000_000, "its directory is as new as it should be")
    }

    @Test("Of a removed project nothing is left when another one gets its name and its version's number")
    func pushedAnew() throws {
        let spool = temporary.spool
        let copy = ReadyCopy(of: project.name, version: 1, for: nil)
        _ = try #require(spool.makeReady(project, like: list, for: nil) {})
        _ = try #require(spool.makeReady(project, like: list, for: nil) {})
        let old = spool.codeStamp(of: project)
        // One that the engine makes at this moment.
        mkdir("\(temporary.path)/ready/copying.1.0.own.shop", 0o700)
        mkdir("\(temporary.path)/ready/ready.1.0.own.shop2", 0o700)
        try Directory(path: "\(temporary.path)/projects/shop").removeTree("versions")
        var generator = SystemRandomNumberGenerator()
        let staging = try spool.stage(JobID(at: Timestamp(microseconds: SystemClock.wall()), using: &generator))
        try staging.code.makeDirectory("shop")
        try staging.code.directory("shop").writeDurably("scrapy.cfg", Array("other".utf8))
        let pushed = try spool.publish(
            staging, name: project.name, directory: "shop", spiders: [], sha256: "00", size: 3,
            at: Timestamp(seconds: 1))
        #expect(pushed.version == 1 && spool.codeStamp(of: pushed) != old)
        #expect(try temporary.names("ready") == ["ready.1.0.own.shop2"])
        #expect(spool.wantsReady(copy, like: list))
        let work = try job().work
        #expect(try Directory(path: work).names() == ["scrapy.cfg"])
        #expect(spool.leftoverRubbish().isEmpty, "nothing that a push has on its way is rubbish")
        #expect(try temporary.names("tmp").count == 3)
    }

    @Test("A copy in which the project was tried becomes a ready one, whatever that has changed")
    func tried() throws {
        let before = try tree(Directory(path: code))
        let place = "\(temporary.path)/ready/trial"
        mkdir("\(temporary.path)/ready", 0o700)
        mkdir(place, 0o700)
        try CodeCopy.fill(
            Directory(path: place), with: try VersionCode(of: project.name, version: 1, in: temporary.spool.root),
            for: nil)
        try ReadyCopyTests.write("listed", to: "\(place)/data/a.txt")
        try ReadyCopyTests.write("listed", to: "\(place)/listed.txt")
        utimensat(AT_FDCWD, "\(place)/many/3/3", nil, 0)
        chmod("\(place)/many/4/4", 0o777)
        link("\(place)/many/5/5", "\(temporary.path)/tmp/other")
        let record = try #require(temporary.spool.makeReady(project, like: list, for: nil, of: "trial"))
        let work = try job().work
        #expect(try Directory(path: work).descriptor.information().inode == record.inode)
        #expect(try tree(Directory(path: work)) == before)
        #expect(try tree(Directory(path: place)).contains { $0.hasPrefix("listed.txt ") })
        #expect(try Directory(path: "\(temporary.path)/tmp").information("other").links == 2)
    }

    @Test("A copy in which the project was tried is taken once, also where it cannot be removed")
    func triedOnce() throws {
        let spool = temporary.spool
        let copy = ReadyCopy(of: project.name, version: 1, for: nil)
        var generator = SystemRandomNumberGenerator()
        func take() -> String? {
            spool.takeTriedCopy(of: copy, token: JobID(at: Timestamp(microseconds: 0), using: &generator))
        }
        #expect(take() == nil)
        _ = try Directory(making: "\(temporary.path)/ready/tried.1.0.own.shop")
        let name = try #require(take())
        #expect(take() == nil)
        #expect(try temporary.names("ready") == [name])
    }

    @Test("There are never more copies than may be, and each start takes one")
    func number() throws {
        let spool = temporary.spool
        let copy = ReadyCopy(of: project.name, version: 1, for: nil)
        var made = 0
        while spool.wantsReady(copy, like: list), spool.makeReady(project, like: list, for: nil, pause: {}) != nil {
            made += 1
        }
        #expect(made > 1)
        func names() throws -> Int { try temporary.names("ready").count { $0.hasPrefix("ready.") } }
        #expect(try names() == made)
        for left in (0..<made).reversed() {
            _ = try job()
            #expect(try names() == left)
        }
        _ = try job()
        #expect(spool.wantsReady(copy, like: list))
    }
}
