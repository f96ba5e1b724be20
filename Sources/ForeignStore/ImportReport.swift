/// The result of an import, or the expected result in a dry run.
public struct ImportReport: Hashable, Sendable {
    /// How many items of a kind were imported, and how many were skipped because an earlier import had them, or the
    /// spool has them already.
    public struct Tally: Hashable, Sendable {
        /// Imported now.
        public var taken = 0
        /// In the spool already, or removed from it since an earlier import.
        public var present = 0

        /// Both counts.
        public init(taken: Int = 0, present: Int = 0) {
            self.taken = taken
            self.present = present
        }

        /// Counts one item.
        public mutating func count(isTaken: Bool) {
            if isTaken { taken += 1 } else { present += 1 }
        }
    }

    /// An item that was not imported.
    public struct Skipped: Hashable, Sendable {
        /// The item: `project bookshop`, `job 0b2e…`.
        public let what: String
        /// The reason, as a part of a sentence.
        public let reason: String

        /// An item and its reason.
        public init(what: String, reason: String) {
            self.what = what
            self.reason = reason
        }
    }

    /// Projects; of scrapyd their versions.
    public var projects = Tally()
    /// Jobs that are finished.
    public var finished = Tally()
    /// Jobs with a future time.
    public var scheduled = Tally()
    /// Jobs waiting for a slot.
    public var pending = Tally()
    /// Imported jobs among ``pending`` that were running when scrapy-do ended.
    public var interrupted = 0
    /// Imported logs of finished jobs, and their bytes.
    public var logs = 0, logBytes: Int64 = 0
    /// Files with scraped items of scrapyd's jobs, and their bytes.
    public var items = Tally(), itemBytes: Int64 = 0
    /// Sentences about what the store's configuration becomes here.
    public var notes: [String] = []
    /// The items that were not imported.
    public var skipped: [Skipped] = []

    /// An empty report.
    public init() {}
}
