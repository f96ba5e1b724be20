import Glibc
import ProjectArchive
import Testing

/// An archive that has to be refused.
struct HostileArchive: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    /// A part of the message.
    var message: String

    init(_ name: String, _ message: String, _ bytes: [UInt8]) {
        (testDescription, self.message, self.bytes) = (name, message, bytes)
    }

    static func tar(_ name: String, _ message: String, _ fill: (inout TarWriter) -> Void) -> HostileArchive {
        var writer = TarWriter()
        fill(&writer)
        return HostileArchive("tar: \(name)", message, writer.finished())
    }

    static func zip(_ name: String, _ message: String, _ fill: (inout ZipWriter) -> Void) -> HostileArchive {
        var writer = ZipWriter()
        fill(&writer)
        return HostileArchive("zip: \(name)", message, writer.finished())
    }
}

@Suite("What is refused, and leaves the world alone")
struct RefusalTests {
    private let folder = TemporaryFolder()

    @Test("Entries of other kinds", arguments: HostileArchive.kinds)
    func kinds(archive: HostileArchive) { check(archive) }

    @Test("Names", arguments: HostileArchive.names)
    func names(archive: HostileArchive) { check(archive) }

    @Test("Links that lead out, and writing through links", arguments: HostileArchive.links)
    func links(archive: HostileArchive) { check(archive) }

    @Test("Files that are no archives, or damaged ones", arguments: HostileArchive.damaged)
    func damaged(archive: HostileArchive) { check(archive) }

    @Test("Archives that contradict themselves, or ask for too much", arguments: HostileArchive.lies)
    func lies(archive: HostileArchive) { check(archive) }

    /// libarchive judges by errno(3) after functions that do not set it, and ends the process if that is ENOMEM.
    @Test(
        "What an earlier call has left in errno changes nothing",
        arguments: HostileArchive.names + HostileArchive.links)
    func earlierError(archive: HostileArchive) {
        errno = ENOMEM
        check(archive)
    }

    private func check(_ archive: HostileArchive) {
        do throws(ArchiveError) {
            let summary = try folder.extract(archive.bytes)
            Issue.record("unpacked: \(summary), \(folder.tree())")
        } catch {
            #expect(error.description.contains(archive.message))
            #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 })
        }
        #expect(folder.tree("outside") == ["sentinel": "file 644 untouched"])
        #expect(folder.tree("").keys.filter { !$0.contains("/") }.sorted() == ["archive", "outside", "root"])
        #expect(!folder.tree().values.contains { $0.hasPrefix("link") || $0.hasPrefix("something") })
    }

    @Test("Every prefix of an archive is an error", arguments: ArchiveFormat.allCases)
    func prefixes(format: ArchiveFormat) throws {
        let tar = TarWriter.archive(("p/a", "text"), ("p/b", String(repeating: "x", count: 700)))
        var whole = tar
        switch format {
        case .zip: whole = ZipWriter.archive(("p/a", "text"), ("p/b", String(repeating: "x", count: 700)))
        case .tar: whole = Array(tar.dropLast(1_024 - 512))
        case .tarGzip: whole = gzip(tar)
        default:
            folder.write(tar, to: "tar")
            let program = [ArchiveFormat.tarBzip2: "bzip2", .tarXz: "xz", .tarZstd: "zstd"][format]!
            try #require(run("/bin/sh", "-c", "\(program) -c <\(folder.path)/tar >\(folder.path)/whole") == 0)
            whole = folder.read("whole")
        }
        for count in stride(from: 0, to: whole.count, by: whole.count > 1_000 ? 37 : 7) {
            let attempt = TemporaryFolder()
            #expect(throws: ArchiveError.self, "\(count) bytes of \(whole.count)") {
                try attempt.extract(Array(whole[..<count]))
            }
        }
        #expect(throws: ArchiveError.self) { try TemporaryFolder().extract(whole + Array("garbage".utf8)) }
        #expect(try folder.extract(whole).files == 2)
    }

    @Test(
        "An archive that lacks its last bytes is called truncated, however few these are",
        arguments: ["gzip -9", "gzip -n", "bzip2", "xz", "xz -T2 --block-size=4096", "xz --check=none"])
    func truncated(program: String) throws {
        var random = SystemRandomNumberGenerator()
        let noise = String(
            (0..<9_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 97...122, using: &random))) })
        folder.write(TarWriter.archive(("p/a", noise), ("p/b", "text")), to: "tar")
        try #require(run("/bin/sh", "-c", "\(program) -c <\(folder.path)/tar >\(folder.path)/whole") == 0)
        let whole = folder.read("whole")
        for count in Array(1...28) + [100, 1_000] {
            let error = #expect(throws: ArchiveError.self) {
                try TemporaryFolder().extract(Array(whole.dropLast(count)))
            }
            #expect(error?.description.contains("truncated") == true, "\(count): \(String(describing: error))")
        }
    }

    @Test(
        "Zeros after the compressed data are taken where its format or its own program does",
        arguments: [
            ("gzip", 1, true), ("gzip", 512, true), ("gzip", 200_000, true), ("xz", 4, true), ("xz", 512, true),
            ("xz", 3, false), ("bzip2", 4, false),
        ])
    func padding(program: String, count: Int, isAccepted: Bool) throws {
        folder.write(TarWriter.archive(("p/a", "text")), to: "tar")
        try #require(run("/bin/sh", "-c", "\(program) -c <\(folder.path)/tar >\(folder.path)/whole") == 0)
        let padded = folder.read("whole") + [UInt8](repeating: 0, count: count)
        guard isAccepted else {
            #expect(throws: ArchiveError.self) { try TemporaryFolder().extract(padded) }
            return
        }
        #expect(try TemporaryFolder().extract(padded).files == 1)
        #expect(throws: ArchiveError.self) { try TemporaryFolder().extract(padded + [1]) }
        #expect(throws: ArchiveError.self) { try TemporaryFolder().extract(padded + [0, 0, 0, 1]) }
    }

    @Test("Every byte that is changed is an error, or is harmless", arguments: ["zip", "tar.gz", "tar"])
    func mutations(kind: String) throws {
        let tar = TarWriter.archive(("p/a", "text"), ("p/b", "more"))
        let whole =
            kind == "zip" ? ZipWriter.archive(("p/a", "text"), ("p/b", "more")) : kind == "tar" ? tar : gzip(tar)
        for place in stride(from: 0, to: whole.count, by: 11) {
            for change: UInt8 in [0x01, 0x80, 0xff] {
                let attempt = TemporaryFolder()
                var bytes = whole
                bytes[place] ^= change
                _ = try? attempt.extract(bytes)
                #expect(attempt.tree("outside") == ["sentinel": "file 644 untouched"])
            }
        }
    }

    @Test("A directory as archive, a closed descriptor")
    func input() {
        #expect(throws: ArchiveError.input(ESPIPE)) {
            try ArchiveExtractor().extract(archive: folder.root, into: folder.root)
        }
        #expect(throws: ArchiveError.input(EBADF)) { try ArchiveExtractor().extract(archive: -1, into: folder.root) }
    }

    @Test("A directory that cannot be written to is an error of its own")
    func storage() throws {
        folder.write(ZipWriter.archive(("a/b", "")), to: "archive")
        let file = Glibc.open("\(folder.path)/archive", O_RDONLY | O_CLOEXEC)
        let sealed = Glibc.open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer {
            close(file)
            close(sealed)
        }
        do throws(ArchiveError) {
            _ = try ArchiveExtractor().extract(archive: file, into: sealed)
            Issue.record("unpacked into /proc")
        } catch {
            guard case .storage = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("A full disk is ENOSPC", .enabled(if: geteuid() == 0, "only root may mount a small filesystem"))
    func full() throws {
        try #require(run("/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "\(folder.path)/outside") == 0)
        // Lazily: a program that another test is just starting may hold a copy of the descriptor for a moment.
        defer { run("/bin/umount", "-l", "\(folder.path)/outside") }
        let disk = Glibc.open("\(folder.path)/outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(disk) }
        folder.write(TarWriter.archive(("a", String(repeating: "x", count: 200_000))), to: "archive")
        let file = Glibc.open("\(folder.path)/archive", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(throws: ArchiveError.storage(ENOSPC)) { try ArchiveExtractor().extract(archive: file, into: disk) }
    }
}
