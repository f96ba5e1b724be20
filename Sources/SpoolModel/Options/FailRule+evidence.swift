extension FailRule {
    /// The known facts about a crawl that has ended.
    public struct Evidence: Hashable, Sendable {
        /// Its report; nil without a valid one.
        public var report: CrawlReport?
        /// Seconds from the start to the end.
        public var seconds: Int?
        /// The most memory of its largest process, in KiB.
        public var peakMemory: Int?
        /// Whether it was ended because its spider had closed and its process went on.
        public var hasLingered: Bool

        /// What is known.
        public init(report: CrawlReport?, seconds: Int?, peakMemory: Int?, hasLingered: Bool = false) {
            self.hasLingered = hasLingered
            self.report = report
            self.seconds = seconds
            self.peakMemory = peakMemory
        }
    }

    /// Whether the rule holds, so that the job has failed; nil if the fact is not known. The rule of a median never holds:
    /// see ``resolved(from:)``.
    public func holds(for evidence: Evidence) -> Bool? {
        switch operand {
        case .median: return false
        case .word(let word):
            guard let finish = evidence.report?.finish else { return nil }
            return (finish == word) == (comparison == .equal)
        case .number(let number): return value(in: evidence).map { compare($0, number) }
        case .share(let percent):
            guard let count = value(in: evidence), let responses = evidence.report?.counts[.responses] else {
                return nil
            }
            // In 128 bits no count overflows.
            return compare(Int128(count) * 100, Int128(percent) * Int128(responses))
        }
    }

    /// The number of the rule's fact; nil if it is not known.
    private func value(in evidence: Evidence) -> Int? {
        switch fact {
        case .seconds: evidence.seconds
        // Rounded up, so that `rss>500` means more than 500 MiB.
        case .rss: evidence.peakMemory.map { $0 / 1024 + ($0 % 1024 > 0 ? 1 : 0) }
        case .finish: nil
        case .retries: evidence.report?.retries
        default: count.flatMap { evidence.report?.counts[$0] }
        }
    }

    /// The rule's fact as one of the status.
    private var count: JobStatus.NumberFact? { JobStatus.NumberFact(rawValue: fact.rawValue) }

    private func compare<Number: Comparable>(_ left: Number, _ right: Number) -> Bool {
        switch comparison {
        case .less: left < right
        case .greater: left > right
        case .equal: left == right
        case .notEqual: left != right
        }
    }

    // MARK: Medians

    /// How many earlier runs the rule's median is of; nil for a rule without one.
    public var runs: Int? {
        if case .median(_, let runs) = operand { runs } else { nil }
    }

    /// The rule's fact in the final status of an earlier run; nil if it has none, as for `finish` and `retries`.
    public func value(in status: JobStatus) -> Int? {
        let evidence = Evidence(report: nil, seconds: status.duration, peakMemory: status[.peakMemory])
        return value(in: evidence) ?? count.flatMap { status[$0] }
    }

    /// The rule with a number in place of the median; itself if it has none, and nil if there are fewer runs than it wants.
    ///
    /// - Parameter values: the fact in the earlier runs, the last run first.
    public func resolved(from values: [Int]) -> FailRule? {
        guard case .median(let percent, let runs) = operand else { return self }
        guard values.count >= runs else { return nil }
        let sorted = values.prefix(runs).sorted()
        // Of an even number of runs the median is between the two in the middle.
        let twice = Int128(sorted[(runs - 1) / 2]) + Int128(sorted[runs / 2])
        let (number, rest) = (twice * Int128(percent)).quotientAndRemainder(dividingBy: 200)
        // Facts are whole numbers: less than 40.5 is less than 41, and more than 40.5 is more than 40.
        let rounded = comparison == .less && rest > 0 ? number + 1 : number
        return FailRule(fact, comparison, .number(Int(clamping: rounded)))
    }
}
