/// The checksum of gzip (RFC 1952 §8), computed eight bytes at a time.
struct CRC32 {
    private var register: UInt32 = ~0

    /// The checksum of all bytes added so far.
    var value: UInt32 { ~register }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        CRC32.tables.withUnsafeBufferPointer { tables in
            var crc = register
            var place = 0
            while place + 8 <= bytes.count {
                let low = crc ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
                crc = CRC32.fold(low, tables, 1024) ^ CRC32.fold(high, tables, 0)
                place += 8
            }
            while place < bytes.count {
                crc = tables[Int((crc ^ UInt32(bytes[place])) & 0xff)] ^ crc >> 8
                place += 1
            }
            register = crc
        }
    }

    /// Runs four bytes through the four tables from index `first` on. The first byte uses the last table, because most
    /// bytes follow it.
    @inline(__always)
    private static func fold(_ word: UInt32, _ tables: UnsafeBufferPointer<UInt32>, _ first: Int) -> UInt32 {
        tables[first + 768 + Int(word & 0xff)] ^ tables[first + 512 + Int(word >> 8 & 0xff)]
            ^ tables[first + 256 + Int(word >> 16 & 0xff)] ^ tables[first + Int(word >> 24)]
    }

    /// Table n, at index 256 * n, has the checksum of each byte followed by n zero bytes.
    private static let tables: [UInt32] = {
        var tables = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        for index in 256..<2048 {
            let previous = tables[index - 256]
            tables.append(tables[Int(previous & 0xff)] ^ previous >> 8)
        }
        return tables
    }()
}
