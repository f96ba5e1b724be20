internal import Synchronization

/// Sums over the jobs that have ended since the daemon's start, by spider, for metrics. The engine adds; the HTTP side
/// reads.
///
/// Its size depends on the number of spiders, up to ``mostSpiders``.
public final class JobTotals: Sendable {
    /// A spider of a project.
    public struct Spider: Hashable, Sendable {
        /// The names; empty for the spiders that are summed up together.
        public let project, spider: String

        /// A spider by its names.
        public init(project: String, spider: String) {
            self.project = project
            self.spider = spider
        }
    }

    /// How jobs ended.
    public struct Outcome: Hashable, Sendable {
        /// The last state.
        public let state: JobState
        /// The `reason` of the status, empty without one.
        public let reason: String
    }

    /// When jobs of a spider last ended: any of them, and one as SUCCESSFUL.
    public struct LastEnds: Sendable {
        /// The last end; the last one as SUCCESSFUL, nil if there was none.
        public var any: Timestamp, success: Timestamp?

        /// The last ends; none as SUCCESSFUL yet.
        public init(any: Timestamp) {
            self.any = any
        }

        /// Adds other jobs of the spider.
        public mutating func add(_ other: LastEnds) {
            any = max(any, other.any)
            success = [success, other.success].compactMap(\.self).max()
        }
    }

    /// The sums of a spider.
    public struct Sums: Sendable {
        /// The number of jobs by outcome.
        public fileprivate(set) var outcomes: [Outcome: Int] = [:]
        /// What the reports of the crawls have counted.
        public fileprivate(set) var counts: [JobStatus.NumberFact: Int] = [:]
        /// The seconds that the jobs ran.
        public fileprivate(set) var durations = Histogram.durations
        /// The last ends.
        public fileprivate(set) var last: LastEnds?
    }

    /// The sums at one moment.
    public struct Snapshot: Sendable {
        /// The sums of each spider that had a job.
        public fileprivate(set) var spiders: [Spider: Sums] = [:]
        /// The seconds from the moment at which a job could start to its start, of the jobs that were started here.
        public fileprivate(set) var delays = Histogram.delays
        fileprivate var reasons: Set<String> = []
    }

    /// The most spiders that are told apart; the others are summed up together.
    public static let mostSpiders = 1000
    /// The most reasons that are told apart, and the most bytes of one: a tree may contain any.
    private static let mostReasons = 40, longestReason = 40
    /// The reason in place of others.
    private static let otherReason = "other"
    /// The counts of a report that are summed up.
    public static let counted: [JobStatus.NumberFact] = [.items, .requests, .responses, .errors, .denied]

    private let snapshot = Mutex(Snapshot())

    /// Without any jobs.
    public init() {}

    /// The sums now.
    public var current: Snapshot { snapshot.withLock { $0 } }

    /// Adds a job that has started.
    ///
    /// - Parameter delay: the microseconds for which it waited.
    public func addStart(after delay: Int64) {
        snapshot.withLock { $0.delays.add(Double(delay) / 1_000_000) }
    }

    /// Adds a job that has ended.
    public func addEnd(of job: JobMetadata, _ status: JobStatus) {
        guard status.state.isFinal else { return }
        snapshot.withLock { all in
            let spider = all.key(for: job)
            let outcome = Outcome(state: status.state, reason: all.known(status[.reason] ?? ""))
            var sums = all.spiders.removeValue(forKey: spider) ?? Sums()
            sums.outcomes[outcome, default: 0] += 1
            for fact in JobTotals.counted {
                guard let count = status[fact] else { continue }
                // A report may say any number.
                sums.counts[fact] = min(sums.counts[fact] ?? 0, 1 << 52) + min(max(0, count), 1 << 52)
            }
            if let started = status[.started], let ended = status[.ended] {
                sums.durations.add(Double(ended.microseconds - started.microseconds) / 1_000_000)
            }
            var last = LastEnds(any: status[.ended] ?? status[.at] ?? job.created)
            if status.state == .successful { last.success = last.any }
            sums.last?.add(last)
            sums.last = sums.last ?? last
            all.spiders[spider] = sums
        }
    }
}

extension JobTotals.Snapshot {
    fileprivate func key(for job: JobMetadata) -> JobTotals.Spider {
        let key = JobTotals.Spider(project: job.project.description, spider: job.spider.description)
        let isKnown = spiders[key] != nil || spiders.count < JobTotals.mostSpiders
        return isKnown ? key : JobTotals.Spider(project: "", spider: "")
    }

    fileprivate mutating func known(_ reason: String) -> String {
        if reasons.contains(reason) { return reason }
        guard reasons.count < JobTotals.mostReasons, reason.utf8.count <= JobTotals.longestReason else {
            return JobTotals.otherReason
        }
        reasons.insert(reason)
        return reason
    }
}
