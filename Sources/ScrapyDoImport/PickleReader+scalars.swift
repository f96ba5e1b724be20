extension PickleReader {
    /// Executes instructions that push one value without references. Returns false for any other.
    mutating func readScalar(_ opcode: UInt8) throws(PickleError) -> Bool {
        switch opcode {
        case UInt8(ascii: "N"): push(.none)
        case 0x88: push(.bool(true))  // NEWTRUE
        case 0x89: push(.bool(false))  // NEWFALSE
        case UInt8(ascii: "I"): try pushInteger(bytes.line())
        case UInt8(ascii: "L"): try pushLong(bytes.line())
        case UInt8(ascii: "J"): try push(.integer(Int64(Int32(truncatingIfNeeded: bytes.littleEndian(4)))))
        case UInt8(ascii: "K"): try push(.integer(Int64(bytes.byte())))
        case UInt8(ascii: "M"): try push(.integer(Int64(bytes.littleEndian(2))))
        case 0x8a: try pushLong(bytes: bytes.counted(1))  // LONG1
        case 0x8b: try pushLong(bytes: bytes.counted(4))  // LONG4
        case UInt8(ascii: "F"): try pushFloat(bytes.line())
        case UInt8(ascii: "G"): try push(.float(bytes.bigEndianDouble()))
        default: return try readText(opcode)
        }
        return true
    }

    private mutating func readText(_ opcode: UInt8) throws(PickleError) -> Bool {
        switch opcode {
        case UInt8(ascii: "V"): try push(.text(PickleText.rawUnicodeEscape(bytes.line())))
        case UInt8(ascii: "X"): try pushText(bytes.counted(4))
        case 0x8c: try pushText(bytes.counted(1))  // SHORT_BINUNICODE
        case 0x8d: try pushText(bytes.counted(8))  // BINUNICODE8
        case UInt8(ascii: "S"): try pushQuoted(bytes.line())
        case UInt8(ascii: "T"): try pushOldText(Array(bytes.counted(4)))
        case UInt8(ascii: "U"): try pushOldText(Array(bytes.counted(1)))
        case UInt8(ascii: "B"): try push(.bytes(Array(bytes.counted(4))))
        case UInt8(ascii: "C"): try push(.bytes(Array(bytes.counted(1))))
        case 0x8e, 0x96: try push(.bytes(Array(bytes.counted(8))))  // BINBYTES8, BYTEARRAY8
        default: return false
        }
        return true
    }

    // MARK: Numbers

    private mutating func pushInteger(_ line: ArraySlice<UInt8>) throws(PickleError) {
        // The form of booleans in protocol 0.
        if line.elementsEqual("00".utf8) { return push(.bool(false)) }
        if line.elementsEqual("01".utf8) { return push(.bool(true)) }
        guard let number = Int64(String(decoding: line, as: UTF8.self)) else { throw noNumber }
        push(.integer(number))
    }

    private mutating func pushLong(_ line: ArraySlice<UInt8>) throws(PickleError) {
        let digits = line.last == UInt8(ascii: "L") ? line.dropLast() : line
        guard let number = Int64(String(decoding: digits, as: UTF8.self)) else { throw noNumber }
        push(.integer(number))
    }

    /// A number in two's complement, the lowest byte first; 0 if there are no bytes.
    private mutating func pushLong(bytes number: ArraySlice<UInt8>) throws(PickleError) {
        guard number.count <= 8 else { throw noNumber }
        let fill: UInt64 = (number.last ?? 0) < 0x80 ? 0 : UInt64.max
        push(.integer(Int64(bitPattern: number.reversed().reduce(fill) { $0 << 8 | UInt64($1) })))
    }

    private mutating func pushFloat(_ line: ArraySlice<UInt8>) throws(PickleError) {
        guard let number = Double(String(decoding: line, as: UTF8.self)) else { throw noNumber }
        push(.float(number))
    }

    private var noNumber: PickleError { bytes.error("a number in it is none, or of more than 64 bits") }

    // MARK: Texts

    private mutating func pushText(_ text: ArraySlice<UInt8>) throws(PickleError) {
        guard let text = String(validating: text, as: UTF8.self) else {
            throw bytes.error("a text in it is not UTF-8")
        }
        push(.text(text))
    }

    /// A `str` of Python 2: text if it is UTF-8, otherwise bytes.
    private mutating func pushOldText(_ content: [UInt8]) {
        push(String(validating: content, as: UTF8.self).map { .text($0) } ?? .bytes(content))
    }

    private mutating func pushQuoted(_ line: ArraySlice<UInt8>) throws(PickleError) {
        guard let quote = line.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""), line.count >= 2,
            line.last == quote, let content = PickleText.stringEscape(line.dropFirst().dropLast())
        else { throw bytes.error("a text in it has no quotes around it, or a broken escape") }
        pushOldText(content)
    }
}
