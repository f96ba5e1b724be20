import Glibc
import ProjectArchive
import Testing

@Suite("What other programs write")
struct ForeignArchiveTests {
    private let folder = TemporaryFolder()

    /// A project, its directory `proj/` at the top and `scrapy.cfg` in it.
    private func make(_ script: String) throws {
        let project = """
            set -e; cd \(folder.path); mkdir -p proj/proj/spiders; printf '[deploy]\\nproject = proj\\n' >proj/scrapy.cfg
            printf 'x = 1\\n' >proj/proj/spiders/größe.py; printf '#!/bin/sh\\n' >proj/run; chmod 755 proj/run
            """
        let environment = ["PATH=/usr/bin:/bin", "LANG=C", "HOME=\(folder.path)"]
        try #require(run("/bin/sh", "-c", "\(project)\n\(script)", environment: environment) == 0)
    }

    private func check(files: Int = 3, links: Int = 0) throws {
        let summary = try folder.extractFile("archive")
        #expect(summary.files == files && summary.links == links)
        let tree = folder.tree()
        #expect(tree["proj/run"] == "file 755 #!/bin/sh\n")
        #expect(tree["proj/proj/spiders/größe.py"] == "file 644 x = 1\n")
        #expect(try ProjectLayout(in: folder.root).directory == "proj")
    }

    @Test(
        "Python's zipfile and tarfile",
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not installed"),
        arguments: [
            "shutil.make_archive('a', 'zip', '.', 'proj'); os.rename('a.zip', 'archive')",
            "shutil.make_archive('a', 'gztar', '.', 'proj'); os.rename('a.tar.gz', 'archive')",
            "shutil.make_archive('a', 'xztar', '.', 'proj'); os.rename('a.tar.xz', 'archive')",
            "write(zipfile.ZipFile('archive', 'w', zipfile.ZIP_STORED))",
            "write(zipfile.ZipFile('archive', 'w', zipfile.ZIP_DEFLATED))",
            "write(zipfile.ZipFile('archive', 'w', zipfile.ZIP_BZIP2))",
            "write(zipfile.ZipFile(Pipe(open('archive', 'wb')), 'w', zipfile.ZIP_DEFLATED))",
            "write(zipfile.ZipFile('archive', 'w', zipfile.ZIP_DEFLATED), force_zip64=True)",
            "write(tarfile.open('archive', 'w:bz2', format=tarfile.PAX_FORMAT))",
            "write(tarfile.open('archive', 'w:gz', format=tarfile.GNU_FORMAT))",
            "write(tarfile.open('archive', 'w', format=tarfile.USTAR_FORMAT))",
        ])
    func python(line: String) throws {
        folder.write(
            Array(
                """
                import os, shutil, tarfile, zipfile
                class Pipe:
                    def __init__(self, file): self.file = file
                    def write(self, data): return self.file.write(data)
                    def flush(self): self.file.flush()
                def write(archive, **options):
                    for top, directories, files in os.walk('proj'):
                        for name in files:
                            path = os.path.join(top, name)
                            if isinstance(archive, tarfile.TarFile): archive.add(path)
                            elif options:
                                information = zipfile.ZipInfo.from_file(path)
                                with archive.open(information, 'w', **options) as file:
                                    file.write(open(path, 'rb').read())
                            else: archive.write(path)
                    archive.close()
                \(line)
                """.utf8), to: "write.py")
        try make("LANG=C.UTF-8 /usr/bin/python3 write.py")
        try check()
    }

    @Test(
        "A link that Python's zipfile has compressed",
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not installed"))
    func compressedLink() throws {
        folder.write(
            Array(
                """
                import zipfile
                with zipfile.ZipFile('archive', 'w', zipfile.ZIP_DEFLATED) as archive:
                    link = zipfile.ZipInfo('proj/link')
                    link.create_system, link.external_attr, link.compress_type = 3, 0o120777 << 16, 8
                    archive.writestr(link, 'spiders')
                """.utf8), to: "write.py")
        try #require(run("/bin/sh", "-c", "cd \(folder.path) && /usr/bin/python3 write.py") == 0)
        #expect(try folder.extractFile("archive").links == 1)
        #expect(folder.tree()["proj/link"] == "link spiders")
    }

    @Test(
        "git archive, with its header for the whole tar",
        .enabled(if: access("/usr/bin/git", X_OK) == 0, "git is not installed"),
        arguments: ["zip", "tar", "tar.gz"])
    func git(format: String) throws {
        try make(
            """
            cd proj; ln -s scrapy.cfg link; git init -q .; git add .
            git -c user.name=x -c user.email=x@example.org commit -qm x
            git archive --prefix=proj/ --format=\(format) -o ../archive HEAD
            """)
        try check(links: 1)
    }

    @Test(
        "Info-ZIP in the C locale, onto a pipe, with comments, without its extra fields, with links",
        arguments: [
            "-q archive -r proj", "-qr - proj | cat >archive", "-qrX archive proj", "-qrD0 archive proj",
            "-qr9Z bzip2 archive proj", "-qrfz archive proj", "-qrz archive proj </dev/null",
        ])
    func infoZip(options: String) throws {
        try make("zip \(options); [ -e archive ] || mv archive.zip archive")
        try check()
    }

    @Test(
        "bsdtar, which macOS has",
        .enabled(if: access("/usr/bin/bsdtar", X_OK) == 0, "bsdtar is not installed"),
        arguments: [
            "--format zip -cf archive", "--format pax -czf archive", "--format gnutar -cJf archive",
            "--format ustar -cf archive",
        ])
    func bsdtar(options: String) throws {
        try make("LANG=C.UTF-8 bsdtar \(options) proj")
        try check()
    }

    @Test("What the Finder and macOS's tar add is unpacked as it is, and no project", arguments: ["zip", "tar"])
    func macOS(kind: String) throws {
        let double = [0, 5, 0x16, 7] + [UInt8](repeating: 0, count: 116)
        let configuration = Array("[deploy]\nproject = proj\n".utf8)
        var (zip, tar) = (ZipWriter(), TarWriter())
        zip.add("proj/", mode: 0o040_755)
        zip.add("proj/.DS_Store", data: [1])
        zip.add("__MACOSX/", mode: 0o040_775)
        zip.add("__MACOSX/._proj", data: double)
        zip.add("__MACOSX/proj/._scrapy.cfg", data: double)
        zip.add("proj/scrapy.cfg", data: configuration)
        tar.add("./._proj", data: double)
        tar.addExtended(
            ("LIBARCHIVE.xattr.com.apple.quarantine", Array("MDA4MQ".utf8)),
            ("SCHILY.xattr.com.apple.quarantine", Array("0081".utf8)), ("LIBARCHIVE.creationtime", Array("1".utf8)))
        tar.add("./proj/", type: "5")
        tar.add("./proj/.DS_Store", data: [1])
        tar.add("./proj/._scrapy.cfg", data: double)
        tar.add("./proj/scrapy.cfg", data: configuration)
        let summary = try folder.extract(kind == "zip" ? zip.finished() : tar.finished())
        #expect(summary.files == 4)
        #expect(try ProjectLayout(in: folder.root).directory == "proj")
    }

    @Test("Owners, times and the bits beyond 0777 are dropped; attributes and access lists do no harm")
    func attributes() throws {
        var writer = TarWriter()
        writer.addExtended(
            ("uid", Array("4242".utf8)), ("gid", Array("4242".utf8)), ("mtime", Array("1.5".utf8)),
            ("SCHILY.xattr.user.x", Array("y".utf8)), ("SCHILY.acl.access", Array("user::rwx,other::rwx".utf8)),
            ("SCHILY.fflags", Array("schg".utf8)))
        writer.add("a", mode: 0o7777, data: [1])
        writer.add("d/", type: "5", mode: 0o7000)
        _ = try folder.extract(writer.finished())
        #expect(folder.tree() == ["a": "file 755 \u{1}", "d": "directory 755"])
        var status = stat()
        try #require(lstat("\(folder.path)/root/a", &status) == 0)
        #expect(status.st_uid == geteuid() && status.st_gid == getegid() && status.st_mtim.tv_sec > 1_000_000)
    }

    @Test("A directory with data, which is two bytes of deflate in a jar, is a directory")
    func directory() throws {
        var writer = ZipWriter()
        writer.add("d/", mode: 0o040_755, data: [3, 0], method: 8, checksum: 0, size: 0)
        _ = try folder.extract(writer.finished())
        #expect(folder.tree() == ["d": "directory 755"])
    }

    @Test("A NUL in a pax path ends it, as it does for libarchive; what is before it has to be acceptable")
    func nul() throws {
        var writer = TarWriter()
        writer.addExtended(("path", Array("a\u{0}b/../../outside/x".utf8)))
        writer.add("x")
        _ = try folder.extract(writer.finished())
        #expect(folder.tree() == ["a": "file 644 "])
    }

    @Test("An archive within an archive is a file")
    func nested() throws {
        var inner = TarWriter()
        inner.add("../outside/x")
        var outer = ZipWriter()
        outer.add("a.tar.gz", data: gzip(inner.finished()))
        #expect(try folder.extract(outer.finished()).files == 1)
        #expect(folder.tree().keys.sorted() == ["a.tar.gz"])
        #expect(folder.tree("outside") == ["sentinel": "file 644 untouched"])
    }
}
