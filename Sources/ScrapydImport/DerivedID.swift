internal import Crypto
internal import SpoolModel

/// Ids of jobs that scrapyd knows by other ones, derived from scrapyd's data, so that a second import finds a job.
enum DerivedID {
    /// The id of a job.
    ///
    /// - Parameters:
    ///   - instant: the time in it.
    ///   - words: the texts that distinguish the job from all others.
    static func id(at instant: Timestamp, _ words: [String], _ bytes: [UInt8] = []) -> JobID {
        var hash = SHA256()
        for word in words { hash.update(data: Array("\(word.utf8.count):\(word)".utf8)) }
        hash.update(data: bytes)
        let digest = Array(hash.finalize())
        func number(_ range: Range<Int>) -> UInt64 { digest[range].reduce(0) { $0 << 8 | UInt64($1) } }
        return JobID(milliseconds: max(0, instant.milliseconds), random: (number(0..<8), number(8..<16)))
    }

    /// The time in an id of scrapyd's own making, a UUID of version 1 (RFC 9562 §5.1); nil for any other text.
    static func instant(in text: String) -> Timestamp? {
        let digits = Array(text.utf8)
        guard digits.count == 32, digits[12] == UInt8(ascii: "1") else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: digits[range], as: UTF8.self), radix: 16) }
        guard let low = number(0..<8), let middle = number(8..<12), let high = number(13..<16) else { return nil }
        // 100 ns since 1582-10-15.
        let ticks = high << 48 | middle << 32 | low
        let microseconds = (ticks - 0x01b2_1dd2_1381_4000) / 10
        return microseconds >= 0 ? Timestamp(microseconds: microseconds) : nil
    }
}
