/// The identifier of a job: a UUID (RFC 9562), written in lower case with hyphens.
///
/// Ids made here are of version 7: they contain the time at which they were made, or for a run of a schedule the time
/// at which it was due, and sort by it. Ids of another origin are used unchanged.
public struct JobID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The upper and the lower 64 bits, most significant first.
    public let high: UInt64, low: UInt64

    /// The id with these bits, of any version.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A version 7 id (RFC 9562 §5.7): 48 bits of milliseconds, then 74 bits that the caller supplies.
    public init(milliseconds: Int64, random: (UInt64, UInt64)) {
        let version: UInt64 = 0x7000
        let variant: UInt64 = 0x8000_0000_0000_0000
        high = UInt64(truncatingIfNeeded: milliseconds) << 16 | version | random.0 & 0xfff
        low = variant | random.1 & 0x3fff_ffff_ffff_ffff
    }

    /// A new version 7 id for a job made at an instant.
    public init(at instant: Timestamp, using generator: inout some RandomNumberGenerator) {
        self.init(milliseconds: instant.milliseconds, random: (generator.next(), generator.next()))
    }

    /// The id of the run that a schedule fires at an instant. It is derived from both, so retrying a firing never makes
    /// a second job.
    public init(firingOf schedule: JobID, due: Timestamp) {
        let mixed = RepeatableGenerator.mix(UInt64(bitPattern: due.microseconds))
        self.init(milliseconds: due.milliseconds, random: (schedule.high ^ (mixed >> 52), schedule.low ^ mixed))
    }

    /// The id of a retry. It is derived from the first try, the number of the retry (1 for the first) and the end of the try
    /// before it, so that making a retry again never makes a second job.
    public init(retry number: Int, of first: JobID, after end: Timestamp) {
        let mixed = RepeatableGenerator.mix(UInt64(truncatingIfNeeded: number) ^ 0x7265_7472_7900_0000)
        self.init(milliseconds: end.milliseconds, random: (first.high ^ (mixed >> 52), first.low ^ mixed))
    }

    /// Parses the 36 characters of a UUID; upper case is accepted. nil for any other text.
    public init?(_ text: String) {
        var text = text
        guard let id = text.withUTF8({ JobID(bytes: $0) }) else { return nil }
        self = id
    }

    /// Parses the 36 characters of a UUID.
    public init?(_ text: Substring) {
        var text = text
        guard let id = text.withUTF8({ JobID(bytes: $0) }) else { return nil }
        self = id
    }

    /// Of any type of text, and without its bytes at hand, each byte would take a call, and lists have a million ids.
    private init?(bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count == 36 else { return nil }
        var bits: (UInt64, UInt64) = (0, 0)
        for position in 0..<36 {
            let byte = bytes[position]
            switch position {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return nil }
            default:
                guard let digit = hexDigit(byte) else { return nil }
                bits = (bits.0 << 4 | bits.1 >> 60, bits.1 << 4 | UInt64(digit))
            }
        }
        self.init(high: bits.0, low: bits.1)
    }

    /// 36 characters: 8-4-4-4-12 hexadecimal digits in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var digit = 0
            for position in 0..<36 {
                if position == 8 || position == 13 || position == 18 || position == 23 {
                    buffer[position] = UInt8(ascii: "-")
                    continue
                }
                let word = digit < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16)) & 15)
                buffer[position] = nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
                digit += 1
            }
            return 36
        }
    }

    /// The time in an id of version 7, in whole milliseconds; nil for other versions.
    public var instant: Timestamp? {
        guard high >> 12 & 15 == 7, low >> 62 == 2 else { return nil }
        return Timestamp(microseconds: Int64(high >> 16) * 1000)
    }

    /// The name of the directory under `jobs/` that holds the job: the id's UTC day. For an id without a time, or with
    /// one after the year 9999, it is `other-` and the id's last two digits.
    public var day: String {
        if let instant, instant.seconds < 253_402_300_800 {
            return CivilTime(instant).dateText
        }
        return "other-" + String(description.suffix(2))
    }

    public static func < (a: JobID, b: JobID) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }
}

extension Timestamp {
    /// Whole milliseconds since the epoch, rounded down.
    public var milliseconds: Int64 { microseconds.flooredDivision(by: 1000).quotient }
}

/// The value of an ASCII hexadecimal digit, or nil.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
