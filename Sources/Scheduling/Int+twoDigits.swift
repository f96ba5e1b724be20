extension String {
    /// The two numbers of a text such as `12:34`.
    var twoByTwoDigits: (Int, Int)? {
        let parts = utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let left = Int(twoDigits: parts[0]), let right = Int(twoDigits: parts[1]) else {
            return nil
        }
        return (left, right)
    }
}

extension Int {
    /// The number that exactly two ASCII digits write.
    init?(twoDigits: Substring.UTF8View) {
        guard twoDigits.count == 2, twoDigits.allSatisfy(\.isASCIIDigit) else { return nil }
        self = twoDigits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
