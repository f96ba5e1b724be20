extension HostileArchive {
    private static let zip = ZipWriter.archive(("p/a", "text"))

    private static let zip64: [UInt8] = {
        var writer = ZipWriter()
        writer.add("p/a")
        return writer.finished(zip64: true)
    }()

    /// The bytes with some at a place, which counts from the end when it is negative, replaced.
    private static func patched(_ bytes: [UInt8], at place: Int, _ new: [UInt8]) -> [UInt8] {
        let start = place < 0 ? bytes.count + place : place
        return bytes[..<start] + new + bytes[(start + new.count)...]
    }

    /// A name, a message, a place in ``zip`` and what is put there; its end begins 22 bytes before the last.
    private static let ends: [HostileArchive] =
        [
            ("more entries than records", "missing entries", -14, [2, 0, 2, 0]),
            ("fewer entries than records", "missing entries", -14, [0, 0, 0, 0]),
            ("entries of this volume and of all", "one of several volumes", -14, [1, 0, 2, 0]),
            ("another volume", "one of several volumes", -18, [1, 0, 0, 0]),
            ("a directory that is too long", "other data before or within", -10, [0xff, 0xff, 0xff, 0xff]),
            ("a directory that is nowhere", "other data before or within", -6, [0xff, 0xff, 0xff, 0xff]),
            ("a comment that is missing", "other data follows", -2, [1, 0]),
            ("a record whose name is too long", "its directory is damaged", 37 + 28, [0xff, 0xff]),
            ("a record whose extra field is too long", "its directory is damaged", 37 + 30, [0xff, 0xff]),
            ("a local header that is none", "does not agree", 0, Array("PK\u{3}\u{4}".utf8) + [0, 0, 0, 0, 9, 9]),
        ].map { HostileArchive("zip: \($0)", $1, patched(zip, at: $2, $3)) }

    private static let ends64: [HostileArchive] =
        [
            ("another number of entries in the short end", "two ends do not agree", -14, [2, 0, 2, 0]),
            ("another directory in the short end", "two ends do not agree", -6, [0, 0, 0, 0]),
            ("another length in the short end", "two ends do not agree", -10, [1, 0, 0, 0]),
            ("a locator that leads to the beginning", "zip64 end is damaged", -34, [0, 0, 0, 0, 0, 0, 0, 0]),
            (
                "a locator that leads far away", "zip64 end is damaged", -34,
                [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
            ),
            ("a long zip64 end", "zip64 end is damaged", -94, [0, 0, 1, 0, 0, 0, 0, 0]),
            (
                "a directory beyond 63 bits", "zip64 end is damaged", -50,
                [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
            ),
        ].map { HostileArchive("zip64: \($0)", $1, patched(zip64, at: $2, $3)) }

    /// A stored block of deflate (RFC 1951 §3.2.4).
    private static func deflated(_ text: String) -> [UInt8] {
        [1] + little(text.utf8.count, 2) + little(~text.utf8.count, 2) + Array(text.utf8)
    }

    private static let zips: [HostileArchive] = [
        .zip("another name before the data", "does not agree") { $0.add("p/a", local: ("p/b", 0)) },
        .zip("a longer name before the data", "does not agree") { $0.add("p/a", local: ("p/a.py", 0)) },
        .zip("a path that leads out before the data", "does not agree") { $0.add("aa/bb/c", local: ("../../c", 0)) },
        .zip("another method before the data", "does not agree") { $0.add("a", method: 8, local: ("a", 14)) },
        .zip("NUL in a name", "control characters") { $0.add("a.py\u{0}.txt") },
        .zip("a link whose target is compressed by LZMA", "by deflate or bzip2") {
            $0.add("l", mode: 0o120_777, data: [9, 4, 5, 0, 0x5d, 0, 0, 0, 0xff, 1, 2], method: 14)
        },
        .zip("a link with a very long target", "Not a valid zip archive: ") {
            $0.add("l", mode: 0o120_777, data: [UInt8](repeating: 120, count: 70_000))
        },
        .zip("one record twice", "share their data") {
            $0.add("a", data: [1])
            $0.add("a", data: [1], offset: 0)
        },
        .zip("one entry within another", "share their data") {
            $0.add("a", data: Array(ZipWriter.archive(("b", "xyz")).prefix(34)))
            $0.add("b", data: Array("xyz".utf8), offset: 31)
        },
        .zip("more data than its size", "Not a valid zip archive: ") {
            $0.add("a", data: deflated("hello"), method: 8, checksum: crc32(Array("hello".utf8)), size: 3)
        },
        .zip("less data than its size", "Not a valid zip archive: ") {
            $0.add("a", data: deflated("hello"), method: 8, checksum: crc32(Array("hello".utf8)), size: 7)
        },
        .zip("stored data of another size", "Not a valid zip archive: ") { $0.add("a", data: [1, 2, 3], size: 9) },
        .zip("deflate that is none", "Not a valid zip archive: ") {
            $0.add("a", data: [7, 7, 7], method: 8, size: 9)
        },
    ]

    private static let tars: [HostileArchive] = [
        HostileArchive(
            "tar: a wrong checksum", "Not a valid", patched(TarWriter.archive(("a", ""), ("b", "")), at: 512, [99])),
        .tar("a pax path that leads out of a link", "could lead out") {
            $0.addExtended(("linkpath", Array("../outside".utf8)))
            $0.add("l", type: "2", link: "x")
        },
        .tar("a size below zero", "Not a valid tar archive: ") {
            $0.addExtended(("size", Array("-1".utf8)))
            $0.add("a")
        },
        .tar("a size beyond 64 bits", "Not a valid tar archive: ") {
            $0.addExtended(("size", Array("99999999999999999999".utf8)))
            $0.add("a")
        },
        .tar("a thousand headers for one entry", "Not a valid tar archive: ") {
            for _ in 0..<1_000 { $0.addExtended(("path", Array("a".utf8))) }
            $0.add("a")
        },
        .tar("a thousand long names for one entry", "Not a valid tar archive: ") {
            for _ in 0..<1_000 { $0.add("././@LongLink", type: "L", data: Array("a".utf8)) }
            $0.add("a")
        },
        .tar("a long name of two megabytes", "Not a valid tar archive: ") {
            $0.add("././@LongLink", type: "L", data: [UInt8](repeating: 120, count: 2 << 20))
            $0.add("a")
        },
        .tar("a pax header of two megabytes", "Not a valid tar archive: ") {
            $0.addExtended(("comment", [UInt8](repeating: 120, count: 2 << 20)))
            $0.add("a")
        },
        .tar("a directory with data", "Not a valid tar archive: ") {
            $0.add("d/", type: "5", data: [UInt8](repeating: 120, count: 512))
        },
        .tar("a link with data", "Not a valid tar archive: ") {
            $0.add("l", type: "2", link: "x", data: [UInt8](repeating: 120, count: 512))
        },
    ]

    static let lies = ends + ends64 + zips + tars
}
