/// Reads compiled time zone files (RFC 9636, section 3).
struct TZifReader {
    /// An error in a file, as the end of a sentence that begins with the file.
    struct Flaw: Error {
        /// `is cut short; reinstall tzdata`.
        let reason: String

        /// The file ends too early.
        static let truncated = Flaw(reason: "is cut short; reinstall tzdata")
    }

    private var rest: ArraySlice<UInt8>

    /// Creates a reader of a whole file.
    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// The rules of the zone; call it only once.
    mutating func rules(name: String) throws(Flaw) -> TimeZoneRules {
        // The largest known file has 4 kB.
        guard rest.count <= 65_536 else { throw Flaw(reason: "is larger than 64 KiB, which no time zone is") }
        var header = try header()
        guard header.version >= UInt8(ascii: "2") else {
            return try block(header, timeSize: 4).rules(name: name, rule: nil)
        }
        _ = try bytes(header.size(timeSize: 4))
        header = try self.header()
        let block = try block(header, timeSize: 8)
        return block.rules(name: name, rule: try footer())
    }

    /// The counts in the header of a data block, in the order of the file.
    private struct Header {
        let version: UInt8
        let counts: [Int]

        var leapSeconds: Int { counts[2] }
        var changes: Int { counts[3] }
        var kinds: Int { counts[4] }
        var characters: Int { counts[5] }

        func size(timeSize: Int) -> Int {
            changes * (timeSize + 1) + kinds * 6 + characters + leapSeconds * (timeSize + 4) + counts[1] + counts[0]
        }
    }

    private mutating func header() throws(Flaw) -> Header {
        let magic = try bytes(4)
        guard magic.elementsEqual("TZif".utf8) else { throw Flaw(reason: "is not one; it does not begin with TZif") }
        let version = try bytes(16).first ?? 0
        var counts: [Int] = []
        for _ in 0..<6 {
            counts.append(Int(try integer(4) & 0xFFFF_FFFF))
        }
        return Header(version: version, counts: counts)
    }

    private mutating func block(_ header: Header, timeSize: Int) throws(Flaw) -> TZifBlock {
        guard header.leapSeconds == 0 else {
            throw Flaw(reason: "counts leap seconds; use the zone of that name that is not under right/")
        }
        guard header.size(timeSize: timeSize) <= rest.count else { throw Flaw.truncated }
        var seconds: [Int64] = []
        for _ in 0..<header.changes {
            seconds.append(try integer(timeSize))
        }
        let indices = Array(try bytes(header.changes))
        var kinds: [(offset: Int64, isDaylight: Bool, abbreviation: Int)] = []
        for _ in 0..<header.kinds {
            kinds.append((try integer(4), try bytes(1).first != 0, Int(try integer(1) & 0xFF)))
        }
        let characters = Array(try bytes(header.characters))
        _ = try bytes(header.counts[0] + header.counts[1])
        return try TZifBlock(seconds: seconds, indices: indices, kinds: kinds, characters: characters)
    }

    private mutating func footer() throws(Flaw) -> PosixRule? {
        guard try bytes(1).first == UInt8(ascii: "\n"), let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw Flaw.truncated
        }
        let text = String(decoding: rest[..<end], as: UTF8.self)
        guard !text.isEmpty else { return nil }
        do throws(TimeZoneError) {
            return try PosixRule(parsing: text)
        } catch {
            throw Flaw(reason: "ends with a rule that cannot be read: \(error.message)")
        }
    }

    private mutating func bytes(_ count: Int) throws(Flaw) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Flaw.truncated }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// A signed integer of `size` bytes, the most significant first.
    private mutating func integer(_ size: Int) throws(Flaw) -> Int64 {
        let bytes = try bytes(size)
        var value: Int64 = Int64(Int8(bitPattern: bytes.first ?? 0))
        for byte in bytes.dropFirst() {
            value = value << 8 | Int64(byte)
        }
        return value
    }
}
