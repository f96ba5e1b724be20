/// Why a job starts cold although warm starts are on: one word, for the fact `start` of its status.
package struct ColdReason: Error, Hashable, CustomStringConvertible {
    /// Letters, digits and `-`, at most 32.
    package let description: String

    private init(_ word: String) {
        description = word
    }

    /// A word from another process; `nonsense` if it is none.
    package init(word: some StringProtocol) {
        let isWord =
            (1...32).contains(word.utf8.count)
            && word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        description = isWord ? String(word) : ColdReason.nonsense.description
    }

    /// No parent is ready yet.
    package static let none = ColdReason("none")
    /// Jobs run as another user than the server.
    package static let user = ColdReason("user")
    /// `scrapy` is no script of a Python that is named by its path.
    package static let script = ColdReason("script")
    /// An earlier parent failed, and none is started for a while.
    package static let paused = ColdReason("paused")
    /// The parent did not answer in time.
    package static let silent = ColdReason("silent")
    /// The parent has ended.
    package static let died = ColdReason("died")
    /// An answer of the parent makes no sense.
    package static let nonsense = ColdReason("nonsense")
    /// No process could be created.
    package static let fork = ColdReason("fork")
    /// The shim of an earlier warm start ended before it took the job.
    package static let retry = ColdReason("retry")
    /// Jobs of other environments have all parents that there may be.
    package static let full = ColdReason("full")
    /// The code that the job would run cannot be read, or is not there.
    package static let code = ColdReason("code")
    /// The parent has served long enough.
    package static let renewed = ColdReason("renewed")
    /// Files of Scrapy or its libraries have changed since the parent loaded them.
    package static let changed = ColdReason("changed")
    /// They changed while it loaded them.
    package static let changing = ColdReason("changing")
}
