/// How many values are at most as large as some bounds, and their sum.
public struct Histogram: Sendable {
    /// The bounds in seconds of the durations of jobs: from a second to a day.
    public static let durations = Histogram(bounds: [1, 10, 60, 300, 900, 3600, 14_400, 86_400])
    /// The bounds in seconds of the time that a job waits for its start: from ten milliseconds to an hour.
    public static let delays = Histogram(bounds: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600])

    /// The bounds, ascending.
    public let bounds: [Double]
    /// The numbers of values in each interval up to a bound, and of those above the last one.
    private var counts: [Int]
    /// The sum of all values.
    public private(set) var sum = 0.0

    /// No values yet.
    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Adds a value; one that is not a number of at least 0 counts as 0.
    mutating func add(_ value: Double) {
        let value = value >= 0 && value.isFinite ? value : 0
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// The number of values.
    public var count: Int { counts.reduce(0, +) }

    /// For each bound the number of values that are at most as large.
    public var cumulative: [(bound: Double, count: Int)] {
        var sum = 0
        return zip(bounds, counts).map { bound, count in
            sum += count
            return (bound, sum)
        }
    }
}
