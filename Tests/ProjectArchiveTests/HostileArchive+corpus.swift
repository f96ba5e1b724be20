extension HostileArchive {
    static let kinds: [HostileArchive] = [
        .tar("hard link", "is a hard link") {
            $0.add("a")
            $0.add("b", type: "1", link: "a")
        },
        .tar("hard link to the outside", "is a hard link") { $0.add("b", type: "1", link: "../outside/sentinel") },
        .tar("character device", "is a device") { $0.add("a", type: "3") },
        .tar("block device", "is a device") { $0.add("a", type: "4") },
        .tar("FIFO", "is a FIFO") { $0.add("a", type: "6") },
        .zip("socket", "is a socket") { $0.add("a", mode: 0o140_644) },
        .zip("device", "is a device") { $0.add("a", mode: 0o020_644) },
        .zip("unknown kind", "is neither a file nor a directory") { $0.add("a", mode: 0o030_644) },
        .zip("encrypted", "is encrypted") { $0.add("a", data: [1, 2], flags: 0x801) },
        .zip("strongly encrypted", "is encrypted") { $0.add("a", data: [1, 2], flags: 0x841) },
        .zip("LZMA", "by deflate or bzip2") { $0.add("a", data: [1, 2], method: 14) },
        .zip("PPMd", "by deflate or bzip2") { $0.add("a", data: [1, 2], method: 98) },
        .zip("deflate64", "by deflate or bzip2") { $0.add("a", data: [1, 2], method: 9) },
        .zip("xz", "by deflate or bzip2") { $0.add("a", data: [1, 2], method: 95) },
        .tar("GNU sparse file", "with holes") {
            $0.addExtended(
                ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                ("GNU.sparse.name", Array("a".utf8)), ("GNU.sparse.realsize", Array("1000000".utf8)))
            let map = Array("1\n999999\n1\n".utf8)
            $0.add("GNUSparseFile.0/a", data: map + [UInt8](repeating: 0, count: 512 - map.count) + [120])
        },
    ]

    static let names: [HostileArchive] =
        [
            ("..", "../outside/x", "has .. in its path"), (".. inside", "a/../../outside/x", "has .. in its path"),
            (".. at the end", "a/..", "has .. in its path"), ("absolute", "/tmp/x", "is an absolute path"),
            ("empty component", "a//b", "has an empty component"), (". component", "a/./b", "has an empty component"),
            ("backslash", #"a/..\..\x"#, "has a backslash"), ("escape", "a/\u{1b}[2J", "control characters"),
            ("newline", "a\nb", "control characters"), ("C1 control", "a\u{85}b", "control characters"),
            ("line separator", "a\u{2028}b", "control characters"), ("only dots", ".", "has no name"),
        ].flatMap { (name, path, message) -> [HostileArchive] in
            [.tar(name, message) { $0.add(path) }, .zip(name, message) { $0.add(path) }]
        } + [
            .tar("not UTF-8", "is not UTF-8") { $0.add(name: [0x61, 0xe9]) },
            .tar("surrogate", "is not UTF-8") { $0.add(name: [0xed, 0xa0, 0x80]) },
            .tar("overlong slash", "is not UTF-8") { $0.add(name: [0x2e, 0x2e, 0xc0, 0xaf]) },
            .tar("pax, not UTF-8", "Pathname can't be converted") {
                $0.addExtended(("path", [0x61, 0xe9]))
                $0.add("a")
            },
            .zip("cp437", "is not UTF-8") { $0.add(name: [0x61, 0x82], flags: 0) },
            .zip("declared as UTF-8 and not", "Not a valid zip archive: ") {
                $0.add(name: [0x61, 0xe9], flags: 0x800)
            },
            .tar("pax path with ..", "has .. in its path") {
                $0.addExtended(("path", Array("../x".utf8)))
                $0.add("a")
            },
            .tar("twice", "is there twice") {
                $0.add("a")
                $0.add("a")
            },
            .zip("twice", "is there twice") {
                $0.add("a")
                $0.add("a")
            },
            .zip("twin by case", "by upper and lower case only") {
                $0.add("a/README")
                $0.add("a/readme")
            },
            .tar("directories that are twins by case", "by upper and lower case only") {
                $0.add("É/x")
                $0.add("é/y")
            },
            .tar("twin by normalization", "by upper and lower case only") {
                $0.add("e\u{301}")
                $0.add("\u{e9}")
            },
            .tar("file, then directory", "is there twice") {
                $0.add("a")
                $0.add("a/", type: "5")
            },
            .tar("directory, then file", "is there twice") {
                $0.add("a/", type: "5")
                $0.add("a")
            },
            .tar("file as a directory", "is below a path that is not a directory") {
                $0.add("a")
                $0.add("a/b")
            },
        ]

    static let links: [HostileArchive] =
        [
            ("absolute", "l", "/etc/passwd", "link to an absolute path"), ("out", "l", "../outside", "could lead out"),
            ("out of a directory", "a/b/l", "../../../outside", "could lead out"),
            ("out and back in", "a/l", "../../root/a", "could lead out"),
            ("up after a name", "a/l", "b/../c", "could lead out"),
            ("control character", "l", "a\u{7}", "not accepted"),
            ("backslash", "l", #"..\x"#, "not accepted"),
        ].flatMap { (name, path, target, message) -> [HostileArchive] in
            [
                .tar(name, message) { $0.add(path, type: "2", link: target) },
                .zip(name, message) { $0.add(path, mode: 0o120_777, data: Array(target.utf8)) },
            ]
        } + [
            .zip("without a target", "not accepted") { $0.add("l", mode: 0o120_777) },
            .tar("writing through a link", "is below a path that is not a directory") {
                $0.add("d/", type: "5")
                $0.add("l", type: "2", link: "d")
                $0.add("l/x")
            },
            .zip("writing through a link", "is below a path that is not a directory") {
                $0.add("l", mode: 0o120_777, data: Array("d".utf8))
                $0.add("l/x")
            },
            .tar("file over a link", "is there twice") {
                $0.add("l", type: "2", link: "d")
                $0.add("l")
            },
            .tar("link over a directory in use", "is there twice") {
                $0.add("d/x")
                $0.add("d", type: "2", link: "e")
            },
            .tar("a chain of links that climbs", "could lead out") {
                $0.add("a/b/up", type: "2", link: "../..")
                $0.add("out", type: "2", link: "a/b/up/../outside")
            },
        ]

    private static let zip = ZipWriter.archive(("p/a", "text"))
    private static let tar = TarWriter.archive(("p/a", "text"))

    static let damaged: [HostileArchive] = [
        HostileArchive("nothing", "Not a valid zip archive: the file is empty", []),
        HostileArchive("text", "Not a valid zip archive: it is no zip", Array("name,price\n".utf8)),
        HostileArchive("much text", "it is no zip", [UInt8](repeating: 97, count: 40_000)),
        HostileArchive("7z", "it is no zip", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] + [UInt8](repeating: 0, count: 600)),
        HostileArchive("cpio", "it is no zip", Array("070701".utf8) + [UInt8](repeating: 48, count: 600)),
        HostileArchive("lzma alone", "it is no zip", [0x5d, 0, 0, 0x80, 0] + [UInt8](repeating: 255, count: 600)),
        HostileArchive("compress", "it is no zip", [0x1f, 0x9d, 0x90] + [UInt8](repeating: 7, count: 600)),
        HostileArchive("gzip that holds no tar", "is no tar file", gzip(Array("hello".utf8))),
        HostileArchive("gzip in gzip", "is no tar file", gzip(gzip(tar))),
        HostileArchive("gzip with a wrong checksum", "gzip checksum is wrong", gzip(tar, checksum: 1)),
        HostileArchive(
            "gzip of two members", "gzip checksum is wrong", gzip(Array(tar[..<512])) + gzip(Array(tar[512...]))),
        HostileArchive("gzip and garbage", "other data follows its end", gzip(tar) + [1, 2, 3]),
        HostileArchive(
            "xz that is none", "Not a valid tar archive", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 9, 9, 9, 9, 9, 9]),
        HostileArchive("zip without entries", "Not a valid zip archive: it has no entries", ZipWriter().finished()),
        HostileArchive("tar without entries", "Not a valid tar archive: it has no entries", TarWriter().finished()),
        .tar("only its root", "it has no entries") { $0.add("./", type: "5") },
        HostileArchive("tar and garbage", "other data follows its end", tar + [1, 2, 3]),
        HostileArchive("two tars", "other data follows its end", tar + tar),
        HostileArchive("tar without its end", "it is truncated", Array(tar.dropLast(1_024))),
        HostileArchive("zip and garbage", "other data follows its end", zip + [1, 2, 3]),
        HostileArchive("zip after garbage", "there is other data before", Array("PK\u{3}\u{4}".utf8) + zip),
        HostileArchive("program before a zip", "it is no zip", Array("#!/usr/bin/python3\n".utf8) + zip),
        HostileArchive(
            "zip with a hidden end in its comment", "Not a valid zip archive: ",
            {
                var writer = ZipWriter()
                writer.add("p/a")
                return writer.finished(comment: ZipWriter().finished())
            }()),
        .zip("wrong checksum", "CRC") { $0.add("a", data: [1, 2, 3], checksum: 7) },
        .zip("two names for the same data", "does not agree") {
            $0.add("a", data: [1, 2, 3])
            $0.add("b", data: [1, 2, 3], offset: 0)
        },
        .zip("data that is elsewhere", "Not a valid zip archive: ") {
            $0.add("a", data: [1, 2, 3], offset: 5_000_000)
        },
        .zip("too little data", "Not a valid zip archive: ") {
            $0.add("a", data: [1, 2, 3], size: 4_000_000_000, compressedSize: 4_000_000_000)
        },
        .tar("more data than there is", "runcated") { $0.add("a", data: [1, 2, 3], size: 8_589_934_591) },
    ]
}
