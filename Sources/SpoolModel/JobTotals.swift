internal import Synchronization

/// Sums over the jobs that have ended since the daemon's start, by spider, for metrics. The engine adds; the HTTP side
/// reads.
///
/// Its size depends on the number of spiders, up to ``mostSpiders``.
public final class JobTotals: Sendable {
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
        /// The sums of the counts in the crawls' reports.
        public fileprivate(set) var counts: [JobStatus.NumberFact: Int] = [:]
        /// The seconds that the jobs ran.
        public fileprivate(set) var durations = Histogram.durations
        /// The last ends.
        public fileprivate(set) var last: LastEnds?

        fileprivate mutating func add(_ job: JobMetadata, _ status: JobStatus, reason: String) {
            outcomes[Outcome(state: status.state, reason: reason), default: 0] += 1
            for fact in JobTotals.counted {
                guard let count = status[fact] else { continue }
                // A report may have any number.
                counts[fact] = min(counts[fact] ?? 0, 1 << 52) + min(max(0, count), 1 << 52)
            }
            if let started = status[.started], let ended = status[.ended] {
                durations.add(Double(ended.microseconds - started.microseconds) / 1_000_000)
            }
            var ends = LastEnds(any: status[.ended] ?? status[.at] ?? job.created)
            if status.state == .successful { ends.success = ends.any }
            last?.add(ends)
            last = last ?? ends
        }
    }

    /// The sums at one moment.
    public struct Snapshot: Sendable {
        /// The sums of each spider that had a job, up to ``mostSpiders``.
        public fileprivate(set) var spiders: [SpiderPlace: Sums] = [:]
        /// The sums of all other spiders together; nil if there are none.
        public fileprivate(set) var others: Sums?
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
            let reason = all.known(status[.reason] ?? "")
            let place = SpiderPlace(project: job.project, spider: job.spider)
            if all.spiders[place] != nil || all.spiders.count < JobTotals.mostSpiders {
                all.spiders[place, default: Sums()].add(job, status, reason: reason)
            } else {
                all.others = all.others ?? Sums()
                all.others?.add(job, status, reason: reason)
            }
        }
    }
}

extension JobTotals.Snapshot {
    fileprivate mutating func known(_ reason: String) -> String {
        if reasons.contains(reason) { return reason }
        guard reasons.count < JobTotals.mostReasons, reason.utf8.count <= JobTotals.longestReason else {
            return JobTotals.otherReason
        }
        reasons.insert(reason)
        return reason
    }
}
