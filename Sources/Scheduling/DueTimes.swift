internal import SpoolModel

/// Instants in ascending order, kept as repeating patterns: the cost of a span does not grow with the number of
/// instants.
struct DueTimes: Equatable {
    /// The instants `start + k * stride + offset`, for each `k` in `0 ..< repeats` and each of the offsets.
    private struct Pattern: Equatable {
        let start: Int64
        /// Microseconds, ascending, at most `stride` from the first to the last.
        let offsets: [Int64]
        /// Microseconds.
        let stride: Int64
        var repeats: Int
    }

    private static let single: [Int64] = [0]

    private var patterns: [Pattern] = []
    /// How many instants there are.
    private(set) var count = 0
    /// The last one.
    private(set) var last: Timestamp?

    /// Adds an instant after all others.
    mutating func append(_ instant: Timestamp) {
        append(from: instant, DueTimes.single, stride: 1, repeats: 1)
    }

    /// Adds a pattern after all other instants, which may be the continuation of the one before.
    mutating func append(from start: Timestamp, _ offsets: [Int64], stride: Int64, repeats: Int) {
        guard let final = offsets.last, repeats > 0 else { return }
        let start = start.microseconds
        count += offsets.count * repeats
        last = Timestamp(microseconds: start + Int64(repeats - 1) * stride + final)
        if let pattern = patterns.last, pattern.stride == stride, pattern.offsets == offsets,
            start == pattern.start + Int64(pattern.repeats) * stride
        {
            patterns[patterns.count - 1].repeats += repeats
        } else {
            patterns.append(Pattern(start: start, offsets: offsets, stride: stride, repeats: repeats))
        }
    }

    /// The last instants, ascending: so many, or all.
    func suffix(_ number: Int) -> [Timestamp] {
        var instants: [Timestamp] = []
        for pattern in patterns.reversed() {
            for index in (0..<pattern.repeats).reversed() {
                for offset in pattern.offsets.reversed() {
                    guard instants.count < number else { return instants.reversed() }
                    instants.append(Timestamp(microseconds: pattern.start + Int64(index) * pattern.stride + offset))
                }
            }
        }
        return instants.reversed()
    }
}
