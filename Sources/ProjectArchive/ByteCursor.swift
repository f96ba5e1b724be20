/// Reads single bytes of a file in order.
struct ByteCursor {
    /// The offset of the next byte.
    private(set) var place: Int64 = 0

    private let file: ArchiveFile
    private let deadline: Deadline
    private let damage: ArchiveError
    private let truncation: ArchiveError
    private var window = ArraySlice<UInt8>()

    /// A cursor that throws `truncation` where the file ends too early, and `damage` for a number that is none.
    init(_ file: ArchiveFile, deadline: Deadline, damage: ArchiveError, truncation: ArchiveError) {
        self.file = file
        self.deadline = deadline
        self.damage = damage
        self.truncation = truncation
    }

    mutating func byte() throws(ArchiveError) -> UInt8 {
        if window.isEmpty {
            try deadline.check()
            window = try file.bytes(at: place, count: 512)[...]
        }
        guard let byte = window.popFirst() else { throw truncation }
        place += 1
        return byte
    }

    mutating func skip(_ count: Int64) throws(ArchiveError) {
        guard count >= 0 else { throw damage }
        guard count <= file.size - place else { throw truncation }
        window = window.dropFirst(Int(count))
        place += count
    }

    mutating func bigEndian16() throws(ArchiveError) -> UInt16 {
        let high = try byte()
        return UInt16(high) << 8 | UInt16(try byte())
    }

    /// A number of up to 63 bits, seven in each byte, the lowest first (The .xz File Format 1.1.0, section 1.2).
    mutating func number() throws(ArchiveError) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            let byte = try byte()
            result |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw damage
    }
}
