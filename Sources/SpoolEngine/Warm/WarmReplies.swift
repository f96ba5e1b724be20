/// The replies of a warm parent to one order (`CWarm/warm/warm.py`). A pure value.
package struct WarmReplies {
    /// The result of an order.
    package enum Outcome: Hashable {
        /// The shim's pid. The parent holds nothing of the order any more.
        case shim(Int32)
        /// There is no process for this order.
        case cold(ColdReason)
        /// The parent is of no use any more.
        case over(ColdReason)
    }

    /// The process that is, or was to become, the shim.
    package private(set) var process: Int32?
    private var hasFailed = false
    private var isDone = false

    /// No reply yet.
    package init() {}

    /// Takes a reply; empty at the end of the socket.
    ///
    /// - Returns: nil if more replies have to come.
    package mutating func take(_ reply: String) -> Outcome? {
        let words = reply.split(separator: " ", omittingEmptySubsequences: false)
        switch (words.first ?? "", words.count) {
        case ("", _): return .over(.died)
        case ("shim", 2), ("failed", 2):
            guard process == nil, let pid = Int32(words[1]), pid > 1 else { return .over(.nonsense) }
            process = pid
            hasFailed = words[0] == "failed"
        case ("done", 1):
            guard !isDone else { return .over(.nonsense) }
            isDone = true
        case ("cold", 2): return .cold(ColdReason(word: words[1]))
        case ("unfit", 2): return .over(ColdReason(word: words[1]))
        default: return .over(.nonsense)
        }
        guard isDone, let process else { return nil }
        return hasFailed ? .cold(.fork) : .shim(process)
    }
}
