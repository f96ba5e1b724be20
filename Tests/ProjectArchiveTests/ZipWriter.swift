/// Writes zip (APPNOTE.TXT) with whatever is put into it; nothing is compressed.
struct ZipWriter {
    private var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// A zip of regular files without further ado.
    static func archive(_ files: (String, String)...) -> [UInt8] {
        var writer = ZipWriter()
        for (name, text) in files { writer.add(name, data: Array(text.utf8)) }
        return writer.finished()
    }

    mutating func add(
        _ name: String, mode: Int = 0o100644, data: [UInt8] = [], flags: Int = 0x800, method: Int = 0, system: Int = 3,
        checksum: UInt32? = nil, size: Int? = nil, compressedSize: Int? = nil, offset: Int? = nil,
        local: (name: String, method: Int)? = nil
    ) {
        add(
            name: Array(name.utf8), mode: mode, data: data, flags: flags, method: method, system: system,
            checksum: checksum, size: size, compressedSize: compressedSize, offset: offset, local: local)
    }

    mutating func add(
        name: [UInt8], mode: Int = 0o100644, data: [UInt8] = [], flags: Int = 0x800, method: Int = 0, system: Int = 3,
        checksum: UInt32? = nil, size: Int? = nil, compressedSize: Int? = nil, offset: Int? = nil,
        local: (name: String, method: Int)? = nil
    ) {
        let start = offset ?? bytes.count
        func common(_ name: [UInt8], _ method: Int) -> [UInt8] {
            little(flags, 2) + little(method, 2) + little(0, 4) + little(Int(checksum ?? crc32(data)), 4)
                + little(compressedSize ?? data.count, 4) + little(size ?? data.count, 4) + little(name.count, 2)
                + little(0, 2)
        }
        if offset == nil {
            let before = local.map { Array($0.name.utf8) } ?? name
            bytes += little(0x0403_4b50, 4) + little(20, 2) + common(before, local?.method ?? method) + before + data
        }
        directory += little(0x0201_4b50, 4) + [20, UInt8(system)] + little(20, 2) + common(name, method)
        directory += little(0, 6) + little(mode << 16, 4) + little(start, 4) + name
        count += 1
    }

    /// The zip with its central directory and its end.
    func finished(comment: [UInt8] = [], prefix: [UInt8] = [], between: [UInt8] = [], zip64: Bool = false) -> [UInt8] {
        let start = bytes.count
        var result = prefix + bytes + between + directory
        if zip64 {
            let place = result.count
            result += little(0x0606_4b50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
            result += little(count, 8) + little(count, 8) + little(directory.count, 8) + little(start, 8)
            result += little(0x0706_4b50, 4) + little(0, 4) + little(place, 8) + little(1, 4)
        }
        let entries = little(zip64 ? 0xffff : count, 2)
        result += little(0x0605_4b50, 4) + little(0, 4) + entries + entries
        result += little(zip64 ? 0xffff_ffff : directory.count, 4) + little(zip64 ? 0xffff_ffff : start, 4)
        return result + little(comment.count, 2) + comment
    }
}

func little(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> ($0 * 8) : 0) }
}

/// The checksum of zip and gzip, a bit at a time.
func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
    }
}

/// A gzip file of one stored block (RFC 1951 §3.2.4), up to 65,535 bytes.
func gzip(_ bytes: [UInt8], checksum: UInt32? = nil) -> [UInt8] {
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(bytes.count, 2) + little(~bytes.count, 2) + bytes
        + little(Int(checksum ?? crc32(bytes)), 4) + little(bytes.count, 4)
}
