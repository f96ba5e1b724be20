/// The bytes of a pickle, read in order.
struct PickleBytes {
    private let content: [UInt8]
    private var position = 0
    private var instruction = 0

    init(_ content: [UInt8]) {
        self.content = content
    }

    /// Marks the start of an instruction, for error messages.
    mutating func beginInstruction() {
        instruction = position
    }

    func error(_ message: String) -> PickleError {
        PickleError(message: message, offset: instruction)
    }

    private var endsTooEarly: PickleError { error("it ends too early") }

    mutating func byte() throws(PickleError) -> UInt8 {
        guard position < content.count else { throw endsTooEarly }
        defer { position += 1 }
        return content[position]
    }

    mutating func bytes(_ count: Int) throws(PickleError) -> ArraySlice<UInt8> {
        guard count <= content.count - position else { throw endsTooEarly }
        defer { position += count }
        return content[position..<position + count]
    }

    /// A number of 1 to 8 bytes, the lowest first; the largest Int if it does not fit.
    mutating func littleEndian(_ width: Int) throws(PickleError) -> Int {
        let number = try bytes(width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(clamping: number)
    }

    /// Bytes that follow their count, which has `width` bytes.
    mutating func counted(_ width: Int) throws(PickleError) -> ArraySlice<UInt8> {
        try bytes(littleEndian(width))
    }

    mutating func bigEndianDouble() throws(PickleError) -> Double {
        Double(bitPattern: try bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// The bytes before the next line feed, which is consumed too.
    mutating func line() throws(PickleError) -> ArraySlice<UInt8> {
        guard let end = content[position...].firstIndex(of: 0x0a) else { throw endsTooEarly }
        defer { position = end + 1 }
        return content[position..<end]
    }

    /// A line with a number from 0 on.
    mutating func decimalIndex() throws(PickleError) -> Int {
        guard let index = Int(String(decoding: try line(), as: UTF8.self)), index >= 0 else {
            throw error("a place of its memory is no number")
        }
        return index
    }

    /// The length of a frame, which must not exceed the bytes left; it has no other meaning.
    mutating func checkFrame() throws(PickleError) {
        guard try littleEndian(8) <= content.count - position else { throw endsTooEarly }
    }
}
