import Glibc
import ProjectArchive
import Testing

@Suite("What is accepted")
struct ArchiveExtractorTests {
    private let folder = TemporaryFolder()

    @Test("A zip: files, directories, executables, names with spaces and letters of any script")
    func zip() throws {
        var writer = ZipWriter()
        writer.add("proj/", mode: 0o040_700)
        writer.add("proj/scrapy.cfg", mode: 0o100_600, data: Array("cfg".utf8))
        writer.add("proj/bin/tool", mode: 0o104_711, data: Array("#!".utf8))
        writer.add("proj/naïve spider/蜘蛛.py")
        let summary = try folder.extract(writer.finished())
        #expect(summary.format == .zip && summary.files == 3 && summary.directories == 3 && summary.bytes == 5)
        #expect(
            folder.tree() == [
                "proj": "directory 755", "proj/scrapy.cfg": "file 644 cfg", "proj/bin": "directory 755",
                "proj/bin/tool": "file 755 #!", "proj/naïve spider": "directory 755",
                "proj/naïve spider/蜘蛛.py": "file 644 ",
            ])
    }

    @Test("The umask of the process has no say in modes")
    func umask() throws {
        let masked = Masked(0o077) { [folder] in _ = try folder.extract(ZipWriter.archive(("a/b", ""))) }
        try masked.run()
        #expect(folder.tree() == ["a": "directory 755", "a/b": "file 644 "])
    }

    @Test("A tar with leading ./, old and new directories, pax names and a repeated directory")
    func tar() throws {
        var writer = TarWriter()
        writer.add("./", type: "5", mode: 0o700)
        writer.add("./proj/", type: "5", mode: 0o700)
        writer.add("./proj/a", mode: 0, data: [UInt8](repeating: 120, count: 2_000))
        writer.addExtended(("path", Array("./proj/ü/ö".utf8)))
        writer.add("short", data: Array("long".utf8))
        writer.add("./proj/", type: "5")
        let summary = try folder.extract(writer.finished())
        #expect(summary.format == .tar && summary.files == 2 && summary.directories == 2)
        #expect(
            folder.tree() == [
                "proj": "directory 755", "proj/a": "file 644 2000 bytes", "proj/ü": "directory 755",
                "proj/ü/ö": "file 644 long",
            ])
    }

    @Test("Links that stay inside, made last", arguments: ["zip", "tar"])
    func links(kind: String) throws {
        let accepted = [("proj/m", "../other"), ("proj/d/n", "../../proj/./d"), ("o", "gone")]
        var (zip, tar) = (ZipWriter(), TarWriter())
        for (name, target) in accepted {
            zip.add(name, mode: 0o120_777, data: Array(target.utf8))
            tar.add(name, type: "2", link: target)
        }
        zip.add("proj/d/file")
        tar.add("proj/d/file")
        let summary = try folder.extract(kind == "zip" ? zip.finished() : tar.finished())
        #expect(summary.links == 3 && summary.files == 1)
        for (name, target) in accepted { #expect(folder.tree()[name] == "link \(target)") }
    }

    @Test("A zip with a comment, and a zip64", arguments: [false, true])
    func zipEnds(zip64: Bool) throws {
        var writer = ZipWriter()
        writer.add("a/b", data: [120])
        _ = try folder.extract(writer.finished(comment: Array("PK and so on".utf8), zip64: zip64))
        #expect(folder.tree() == ["a": "directory 755", "a/b": "file 644 x"])
    }

    @Test("What Info-ZIP stores of a pipe is a file: it takes the mode from its input, and libarchive knows")
    func pipe() throws {
        var writer = ZipWriter()
        writer.add("-", mode: 0o010_600, data: [120])
        _ = try folder.extract(writer.finished())
        #expect(folder.tree() == ["-": "file 644 x"])
    }

    @Test("Backslashes of a zip from Windows that has no slashes are separators")
    func windows() throws {
        var writer = ZipWriter()
        writer.add(#"proj\scrapy.cfg"#, mode: 0, system: 0)
        _ = try folder.extract(writer.finished())
        #expect(folder.tree() == ["proj": "directory 755", "proj/scrapy.cfg": "file 644 "])
    }

    @Test(
        "What the tools of Debian write",
        arguments: [
            "zip -qr archive proj", "zip -qrZ bzip2 archive proj", "zip -qry archive proj",
            "zip -qr - proj | cat >archive.zip",
            "tar -cf archive proj", "tar -C proj/.. -cf archive ./proj", "tar --format=gnu -cf archive proj",
            "tar --format=posix -cf archive proj", "tar --format=ustar -cf archive proj", "tar -czf archive proj",
            "tar -cjf archive proj", "tar -cJf archive proj", "tar --zstd -cf archive proj",
            "tar -b 512 -cf archive proj",
        ])
    func tools(command: String) throws {
        let script = """
            set -e; umask 022; cd \(folder.path); mkdir -p proj/spiders proj/empty; printf cfg >proj/scrapy.cfg
            head -c 300000 /dev/urandom >proj/noise; head -c 300000 /dev/zero >proj/zeros
            cp proj/noise proj/copy; printf '#!' >proj/spiders/run; chmod 755 proj/spiders/run
            if [ '\(command.hasPrefix("zip -qry") || command.hasPrefix("tar"))' = true ]; then
                ln -s spiders/run proj/link; fi
            \(command); [ -e archive ] || mv archive.zip archive
            """
        try #require(run("/bin/sh", "-c", script, environment: ["PATH=/usr/bin:/bin", "LANG=C"]) == 0)
        let summary = try folder.extractFile("archive")
        #expect(summary.files == 5 && summary.directories == 3 && summary.bytes == 900_005)
        #expect(
            folder.tree()
                == folder.tree("proj").reduce(into: ["proj": "directory 755"]) { $0["proj/" + $1.key] = $1.value })
        #expect(folder.read("root/proj/noise") == folder.read("proj/noise"))
    }

    @Test("Many short files, deep ones, and one of several buffers in a gzip of its own making")
    func many() throws {
        var writer = TarWriter()
        for number in 0..<60 { writer.add("p/\(number)/q/r", data: Array("\(number)".utf8)) }
        let summary = try folder.extract(gzip(writer.finished().prefix(65_535).map { $0 }))
        #expect(summary.files == 60 && summary.directories == 121)
        #expect(folder.tree()["p/59/q/r"] == "file 644 59")
    }

    @Test("The offset of the archive's descriptor does not matter")
    func descriptors() throws {
        folder.write(ZipWriter.archive(("a/b/c", "x")), to: "archive")
        let file = Glibc.open("\(folder.path)/archive", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        lseek(file, 11, SEEK_SET)
        _ = try ArchiveExtractor().extract(archive: file, into: folder.root)
        #expect(lseek(file, 0, SEEK_CUR) == 11)
        #expect(folder.tree()["a/b/c"] == "file 644 x")
    }
}

/// Runs a closure on a thread that shares its umask with no other one (CLONE_FS of unshare(2)): other tests of this process
/// make files meanwhile.
private final class Masked {
    private let mask: mode_t
    private let body: () throws -> Void
    private var result = Result<Void, any Error>.success(())

    init(_ mask: mode_t, _ body: @escaping () throws -> Void) {
        self.mask = mask
        self.body = body
    }

    func run() throws {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Masked>.fromOpaque(argument!).takeUnretainedValue().work()
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
        try #require(code == 0)
        pthread_join(thread, nil)
        try result.get()
    }

    private func work() {
        // Glibc's module does not declare it.
        typealias Unshare = @convention(c) (Int32) -> Int32
        let isAlone = dlsym(nil, "unshare").map { unsafeBitCast($0, to: Unshare.self)(0x200) == 0 } ?? false
        let previous = Glibc.umask(mask)
        // Where that is not allowed, it is the umask of all.
        defer { if !isAlone { _ = Glibc.umask(previous) } }
        result = Result { try body() }
    }
}
