/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since the epoch; negative before it.
    public var microseconds: Int64

    /// The instant that many microseconds after the epoch.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The instant that many whole seconds after the epoch, clamped to the representable range.
    public init(seconds: Int64) {
        self.init(microseconds: seconds.multipliedSaturating(by: 1_000_000))
    }

    /// Whole seconds since the epoch, rounded down.
    public var seconds: Int64 {
        microseconds.flooredDivision(by: 1_000_000).quotient
    }

    /// The microseconds within the second, 0 to 999,999.
    public var fraction: Int64 {
        microseconds.flooredDivision(by: 1_000_000).remainder
    }

    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.microseconds < b.microseconds
    }

    /// Moves an instant by whole seconds, clamped to the representable range.
    public func adding(seconds: Int64) -> Timestamp {
        adding(microseconds: seconds.multipliedSaturating(by: 1_000_000))
    }

    /// Moves an instant, clamped to the representable range.
    public func adding(microseconds difference: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds.addedSaturating(difference))
    }

    /// Microseconds from an earlier instant to this one, clamped to the range of Int64.
    public func microseconds(since other: Timestamp) -> Int64 {
        let (difference, overflows) = microseconds.subtractingReportingOverflow(other.microseconds)
        return overflows ? (microseconds < 0 ? .min : .max) : difference
    }
}

extension Int64 {
    /// The product, clamped to the range of Int64.
    public func multipliedSaturating(by factor: Int64) -> Int64 {
        let (product, overflows) = multipliedReportingOverflow(by: factor)
        return overflows ? ((self < 0) == (factor < 0) ? .max : .min) : product
    }

    /// The sum, clamped to the range of Int64.
    public func addedSaturating(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }

    /// The quotient rounded down, and its remainder (0 ..< divisor); the divisor is positive.
    public func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
