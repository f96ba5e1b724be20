/// What an import did, or a dry run would do.
public struct ImportReport: Hashable, Sendable {
    /// How many of a kind were taken, and how many were left alone because they came with an earlier import, or are in
    /// the spool already.
    public struct Tally: Hashable, Sendable {
        /// Taken now.
        public var taken = 0
        /// There already, or removed from the spool since an earlier import.
        public var present = 0

        /// Both counts.
        public init(taken: Int = 0, present: Int = 0) {
            self.taken = taken
            self.present = present
        }

        mutating func count(isTaken: Bool) {
            if isTaken { taken += 1 } else { present += 1 }
        }
    }

    /// What was not taken.
    public struct Skipped: Hashable, Sendable {
        /// What it is: `project bookshop`, `job 0b2e…`.
        public let what: String
        /// Why, as a part of a sentence.
        public let reason: String
    }

    /// Projects.
    public var projects = Tally()
    /// Jobs that are finished.
    public var finished = Tally()
    /// Jobs that wait for their time.
    public var scheduled = Tally()
    /// Jobs that wait for a slot.
    public var pending = Tally()
    /// Those among ``pending`` that were taken and had begun to run when scrapy-do ended.
    public var interrupted = 0
    /// Logs of finished jobs that were taken, and their bytes.
    public var logs = 0, logBytes: Int64 = 0
    /// What was not taken.
    public var skipped: [Skipped] = []

    /// Nothing yet.
    public init() {}
}
