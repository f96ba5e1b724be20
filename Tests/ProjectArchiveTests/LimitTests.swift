import ProjectArchive
import Testing

@Suite("Limits")
struct LimitTests {
    private let folder = TemporaryFolder()

    private func limits(_ change: (inout ArchiveLimits) -> Void) -> ArchiveLimits {
        var limits = ArchiveLimits()
        change(&limits)
        return limits
    }

    /// Expects a refusal with a message, and that what is just within the limits is unpacked.
    private func check(
        _ limits: ArchiveLimits, refused: [UInt8], _ message: String, accepted: [UInt8], comment: Comment? = nil
    ) throws {
        let error = #expect(throws: ArchiveError.self, comment) { try folder.extract(refused, limits: limits) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
        #expect(folder.tree("outside") == ["sentinel": "file 644 untouched"])
        #expect(throws: Never.self) { try TemporaryFolder().extract(accepted, limits: limits) }
    }

    @Test("Entries, those counted that are only named in paths")
    func entries() throws {
        let limits = limits { $0.entries = 4 }
        let message = "more than 4 files and directories"
        let accepted = TarWriter.archive(("a/b/c", ""), ("a/b/d", ""))
        try check(limits, refused: TarWriter.archive(("a/b/c/d/e", "")), message, accepted: accepted)
        try check(
            limits, refused: ZipWriter.archive(("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")), message,
            accepted: ZipWriter.archive(("a", ""), ("b", ""), ("c", ""), ("d", "")))
        var writer = TarWriter()
        for _ in 0..<5 { writer.add("d/", type: "5") }
        try check(limits, refused: writer.finished(), message, accepted: accepted, comment: "a directory five times")
    }

    @Test("Bytes in all")
    func bytes() throws {
        try check(
            limits { $0.bytes = 10 }, refused: ZipWriter.archive(("a", "123456"), ("b", "12345")),
            "unpacks to more than 10 bytes", accepted: ZipWriter.archive(("a", "123456"), ("b", "1234")))
    }

    @Test("Bytes of one file")
    func fileBytes() throws {
        try check(
            limits { $0.fileBytes = 5 }, refused: TarWriter.archive(("a", "123456")),
            "a file of it has more than 5 bytes",
            accepted: TarWriter.archive(("a", "12345"), ("b", "12345")))
    }

    @Test("Ratio, past the first bytes", arguments: ["zip -q9 bomb x", "tar -czf bomb x", "tar --zstd -cf bomb x"])
    func ratio(command: String) throws {
        let script =
            "cd \(folder.path) && head -c 3000000 /dev/zero >x && \(command) && { [ -e bomb ] || mv bomb.zip bomb; }"
        try #require(run("/bin/sh", "-c", script) == 0)
        let bomb = folder.read("bomb")
        let error = #expect(throws: ArchiveError.self) {
            try folder.extract(bomb, limits: limits { $0.ratioFloor = 1 << 20 })
        }
        #expect(error?.description.contains("more than 200 times its own size") == true)
        #expect(error?.description.contains("`zip -0`") == true)
        #expect(folder.read("root/x").count <= 1 << 20)
        #expect(try TemporaryFolder().extract(bomb).bytes == 3_000_000, "a few megabytes are no bomb")
        #expect(
            try TemporaryFolder().extract(bomb, limits: limits { ($0.ratio, $0.ratioFloor) = (100_000, 1) }).bytes
                == 3_000_000)
        #expect(try TemporaryFolder().extract(bomb, limits: limits { $0.ratioFloor = 3_000_000 }).bytes == 3_000_000)
    }

    @Test(
        "Memory that xz asks for, in one block or several, with or without a filter before it",
        arguments: [
            ("-9", true), ("--lzma2=dict=64MiB", true), ("--lzma2=dict=65MiB", false), ("--lzma2=dict=1GiB", false),
            ("--block-size=1000", true), ("--x86 --lzma2=dict=1MiB", true), ("--x86 --lzma2=dict=1GiB", false),
            ("--check=none", true), ("--check=crc32", true), ("--check=sha256 -T2 --block-size=4096", true),
        ])
    func dictionary(options: String, isAccepted: Bool) throws {
        let make = "head -c 200000 /dev/urandom >x && head -c 100000 /dev/zero >>x && tar -cf t x"
        try #require(run("/bin/sh", "-c", "cd \(folder.path) && \(make) && xz -c \(options) t >bomb") == 0)
        if isAccepted {
            #expect(try folder.extractFile("bomb").bytes == 300_000)
        } else {
            let error = #expect(throws: ArchiveError.self) { try folder.extractFile("bomb") }
            #expect(error?.description.contains("more than 64 MiB") == true)
        }
    }

    @Test("A second stream of xz, which could ask for more, is refused")
    func streams() throws {
        folder.write(TarWriter.archive(("a", "")), to: "t")
        try #require(
            run("/bin/sh", "-c", "cd \(folder.path) && { head -c 512 t | xz; tail -c +513 t | xz; } >two") == 0)
        let error = #expect(throws: ArchiveError.self) { try folder.extractFile("two") }
        #expect(error?.description.contains("several streams") == true)
    }

    @Test("What a tar has besides its files: zeros after its end", arguments: ["gzip", "bzip2", "xz", "zstd"])
    func overhead(program: String) throws {
        folder.write(TarWriter.archive(("a", "")), to: "t")
        let script = "cd \(folder.path) && head -c 3000000 /dev/zero | cat t - | \(program) -c >bomb"
        try #require(run("/bin/sh", "-c", script) == 0)
        let error = #expect(throws: ArchiveError.self) {
            try folder.extractFile("bomb", limits: limits { ($0.bytes, $0.entries) = (10, 4) })
        }
        #expect(error?.description.contains("a tar of more than 1081354 bytes") == true)
        let other = TemporaryFolder()
        other.write(folder.read("bomb"), to: "bomb")
        #expect(try other.extractFile("bomb").files == 1)
    }

    @Test("Headers that are never written, in a small gzip")
    func headers() throws {
        var writer = TarWriter()
        for _ in 0..<3 { writer.add("././@LongLink", type: "L", data: [UInt8](repeating: 120, count: 900_000)) }
        writer.add("a")
        folder.write(writer.finished(), to: "t")
        try #require(run("/bin/sh", "-c", "cd \(folder.path) && gzip -c t >bomb") == 0)
        let error = #expect(throws: ArchiveError.self) {
            try folder.extractFile("bomb", limits: limits { ($0.bytes, $0.entries) = (10, 4) })
        }
        #expect(error?.description.contains("a tar of more than") == true)
    }

    @Test("Depth")
    func depth() throws {
        try check(
            limits { $0.depth = 3 }, refused: ZipWriter.archive(("a/b/c/d", "")), "more than 3 directories deep",
            accepted: ZipWriter.archive(("a/b/c", "")))
    }

    @Test("Length of a path and of a component")
    func lengths() throws {
        let long = String(repeating: "x", count: 255)
        try check(
            limits { $0.pathBytes = 1_000 }, refused: ZipWriter.archive(("\(long)/\(long)/\(long)/\(long)", "")),
            "a path of more than 1000 bytes", accepted: ZipWriter.archive(("\(long)/\(long)/\(long)", "")))
        try check(
            ArchiveLimits(), refused: ZipWriter.archive(("\(long)x", "")), "a name of more than 255 bytes",
            accepted: ZipWriter.archive((long, "")))
    }

    @Test("Links")
    func links() throws {
        func archive(_ count: Int) -> [UInt8] {
            var writer = TarWriter()
            for number in 0..<count { writer.add("\(number)", type: "2", link: "x") }
            return writer.finished()
        }
        try check(limits { $0.links = 3 }, refused: archive(4), "more than 3 symbolic links", accepted: archive(3))
    }

    @Test("Time", arguments: [ZipWriter.archive(("a", "")), TarWriter.archive(("a", ""))])
    func time(archive: [UInt8]) throws {
        let limits = limits { $0.duration = .zero }
        let error = #expect(throws: ArchiveError.self) { try folder.extract(archive, limits: limits) }
        #expect(error?.description.contains("takes longer than") == true)
    }
}
