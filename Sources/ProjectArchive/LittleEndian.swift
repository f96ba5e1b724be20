/// Takes numbers off the front of bytes; missing bytes are read as zeros.
struct LittleEndian {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) {
        rest = ArraySlice(bytes)
    }

    mutating func skip(_ count: Int) {
        rest = rest.dropFirst(count)
    }

    mutating func uint16() -> UInt16 { UInt16(truncatingIfNeeded: number(2)) }

    mutating func uint32() -> UInt32 { UInt32(truncatingIfNeeded: number(4)) }

    mutating func uint64() -> UInt64 { number(8) }

    private mutating func number(_ count: Int) -> UInt64 {
        defer { skip(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
