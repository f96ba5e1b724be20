import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Copies of code that jobs work in")
struct CopyTests {
    private let temporary: TemporarySpool
    private let shop: ProjectName

    init() throws {
        temporary = try TemporarySpool()
        shop = try #require(ProjectName("shop"))
    }

    /// The path of a version's code.
    private func code(_ version: Int = 1) -> String { "\(temporary.path)/projects/shop/versions/\(version)/code" }

    /// Makes the code of a version: files with their content, links with their targets.
    private func make(_ files: [String: String], links: [String: String] = [:], version: Int = 1) throws {
        for (path, text) in files {
            let file = "\(code(version))/\(path)"
            _ = try Directory(making: String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
            let made = try temporary.spool.root.file(
                "projects/shop/versions/\(version)/code/\(path)", O_WRONLY | O_CREAT | O_TRUNC)
            try made.write(Array(text.utf8))
        }
        for (path, target) in links { symlink(target, "\(code(version))/\(path)") }
    }

    /// A job in the spool, with its directory.
    private func job() throws -> JobDirectory {
        let job = temporary.job()
        try temporary.spool.create(job)
        return try temporary.spool.directory(of: job.id)
    }

    /// What is below a directory: `path` of a file, `path -> target` of a link, `path/` of a directory.
    private func tree(_ directory: borrowing Directory, _ prefix: String = "") throws -> [String] {
        var result: [String] = []
        for name in try directory.names().sorted() {
            switch try directory.information(name).kind {
            case .directory:
                result += ["\(prefix)\(name)/"] + (try tree(directory.directory(name), "\(prefix)\(name)/"))
            case .symbolicLink: result.append("\(prefix)\(name) -> \(try directory.target(ofLink: name))")
            default: result.append("\(prefix)\(name)")
            }
        }
        return result
    }

    private func prepare(_ job: borrowing JobDirectory, _ attempt: String, version: Int = 1) throws {
        _ = try job.claim(attempt)
        try job.prepareWork(for: attempt, of: shop, version: version, account: nil)
    }

    /// Links of an archive, and what a copy of the directory `shop` has instead.
    static let links: [(links: [String: String], copy: [String])] = [
        (["shop/in": "data"], ["in -> data"]),
        (["shop/data/up": "../scrapy.cfg"], ["data/up -> ../scrapy.cfg"]),
        (["shop/self": "."], ["self -> ."]),
        (["shop/out": "../shared"], ["out/", "out/c", "out/lib/", "out/lib/d"]),
        (["shop/data/c": "../../shared/c"], ["data/c"]),
        (["shop/around": "../shop/data"], ["around -> data"]),
        (["shop/nowhere": "gone"], ["nowhere -> gone"]),
        (["shop/lost": "../gone"], []),
        (["shop/chain": "next", "shop/next": "../shared/c"], ["chain", "next"]),
        (["shop/loop": "loop"], ["loop -> loop"]),
        (
            ["shop/out": "../shared", "shared/back": "../shop/data", "shared/lib/up": ".."],
            ["out/", "out/back -> ../data", "out/c", "out/lib/", "out/lib/d", "out/lib/up -> .."]
        ),
        (
            ["shop/one": "../shared", "shared/two": "../other", "other": "x", "shop/passwd": "/etc/passwd"],
            ["one/", "one/c", "one/lib/", "one/lib/d", "one/two -> ../other"]
        ),
    ]

    @Test("A link of the archive stays a link within the project, and is what it leads to otherwise", arguments: links)
    func follow(_ links: [String: String], _ copy: [String]) throws {
        try make(
            [
                "shop/scrapy.cfg": "", "shop/data/a": "a", "shared/c": "c", "shared/lib/d": "d",
            ], links: links)
        let metadata = VersionMetadata(
            version: 1, sha256: "", size: 0, directory: "shop", spiders: [], created: Timestamp(microseconds: 0))
        try temporary.spool.root.directory("projects/shop/versions/1").publish("metadata.json", metadata.file)
        let job = try job()
        try prepare(job, "a1")
        let found = try tree(job.directory.directory("work"))
        #expect(Set(found).subtracting(["scrapy.cfg", "data/", "data/a"]) == Set(copy))
        #expect(found.contains("scrapy.cfg") && found.contains("data/a"))
    }

    @Test("Links that make ever more of the archive are refused")
    func bomb() throws {
        // Each directory has links to all others: there are as many paths through them as orders of six things.
        var links: [String: String] = ["shop/in": "../d0"]
        var files = ["shop/scrapy.cfg": ""]
        for one in 0..<6 {
            for file in 0..<1000 { files["d\(one)/\(file)"] = "" }
            for two in 0..<6 { links["d\(one)/to\(two)"] = "../d\(two)" }
        }
        try make(files, links: links)
        let metadata = VersionMetadata(
            version: 1, sha256: "", size: 0, directory: "shop", spiders: [], created: Timestamp(microseconds: 0))
        try temporary.spool.root.directory("projects/shop/versions/1").publish("metadata.json", metadata.file)
        #expect(throws: SystemError.self) {
            _ = try CodeList(of: try VersionCode(of: self.shop, version: 1, in: self.temporary.spool.root))
        }
    }

    @Test("The directory is that of the version, also where the project has another one by now")
    func directory() throws {
        try make(["old/scrapy.cfg": "1"])
        try make(["new/scrapy.cfg": "2", "README": ""], version: 2)
        try make(["scrapy.cfg": "3", "shop/x": ""], version: 3)
        for (version, directory) in [(2, "new"), (3, ".")] {
            let metadata = VersionMetadata(
                version: version, sha256: "", size: 0, directory: directory, spiders: [],
                created: Timestamp(microseconds: 0))
            try temporary.spool.root.directory("projects/shop/versions/\(version)").publish(
                "metadata.json", metadata.file)
        }
        for version in 1...3 {
            let job = try job()
            try prepare(job, "a1", version: version)
            let content = try job.directory.content("work/scrapy.cfg")
            #expect(content == Array("\(version)".utf8))
        }
        let last = try job()
        let isPrepared = (try? prepare(last, "a1", version: 4)) != nil
        let left = try last.directory.names().filter { $0.contains("work") }
        #expect(!isPrepared && left.isEmpty)
        let isWithdrawn = last.withdrawClaim(of: "a1")
        let isFree = try last.claim("a1")
        #expect(isWithdrawn && isFree)
    }

    @Test("Copies keep times and what may be executed, and may be written")
    func modes() throws {
        try make(["shop/scrapy.cfg": "1", "shop/run": "#!/bin/sh\n"])
        chmod("\(code())/shop/run", 0o555)
        chmod("\(code())/shop/scrapy.cfg", 0o444)
        let job = try job()
        try prepare(job, "a1")
        for (name, mode) in [("scrapy.cfg", UInt32(0o600)), ("run", 0o700)] {
            let original = try temporary.spool.root.information("projects/shop/versions/1/code/shop/\(name)")
            let copy = try job.directory.information("work/\(name)")
            #expect(copy.permissions == mode && copy.modificationTime == original.modificationTime)
            #expect(copy.inode != original.inode)
        }
    }

    @Test("An earlier attempt's directory is kept under its name, whatever was interrupted when")
    func earlier() throws {
        try make(["shop/scrapy.cfg": "1"])
        let job = try job()
        try prepare(job, "019a0000-0000-7000-8000-000000000001")
        try job.directory.directory("work").writeDurably("mine", [1])
        // One that claimed, and left a part of its copy.
        _ = try job.claim("019a0000-0000-7000-8000-000000000002")
        try job.directory.makeDirectory(".work")
        try job.directory.directory(".work").writeDurably("half", [1])
        try prepare(job, "019a0000-0000-7000-8000-000000000003")
        let kept = "work.019a0000-0000-7000-8000-000000000001"
        func trees() throws -> [[String]] {
            [try tree(job.directory.directory(kept)), try tree(job.directory.directory("work"))]
        }
        let before = try trees()
        #expect(before == [["mine", "scrapy.cfg"], ["scrapy.cfg"]])
        let places = job.workPlaces().map(\.name)
        #expect(places == [kept, "work"])
        let isDone = job.trimWork(onlySmall: true, within: 60_000_000)
        let after = try trees()
        #expect(isDone && after == [["mine"], []])
    }
}
