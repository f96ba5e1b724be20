internal import LinuxSystem
internal import Synchronization

/// A part of the tree in memory, read again where events or time have made it stale. It has no background work, and may
/// be dropped at any time.
///
/// A query first takes the pending events. If they concern this part, it waits for a round of reading that began after
/// that. A round takes the stale parts under the lock, reads them without it, and puts the results into the content.
protocol TreeIndex: Sendable {
    /// The content, and its stale parts.
    associatedtype Content

    var content: Mutex<Content> { get }
    var source: IndexSource { get }
    var rounds: Rounds { get }

    func freshness(of content: inout Content) -> Freshness

    /// A round of reading. Blocks on the disk. Never runs twice at the same time.
    func read() throws
}

/// The state of a part of the tree in memory.
enum Freshness {
    /// Nothing is stale.
    case current
    /// A round is reading everything that was stale.
    case beingRead
    case stale
}

extension TreeIndex {
    /// Queries the content if it is current, without waiting for the disk; otherwise nil.
    func ifCurrent<Result: Sendable>(_ look: (inout Content) -> Result) -> Result? {
        source.observer.takeEvents()
        return ifKnown(look)
    }

    /// The same for a caller that has just taken the pending events.
    func ifKnown<Result: Sendable>(_ look: (inout Content) -> Result) -> Result? {
        content.withLock { content in freshness(of: &content) == .current ? look(&content) : nil }
    }

    /// Queries the content once it has everything that was in the tree before this call.
    func current<Result: Sendable>(_ look: (inout Content) -> Result) async throws -> Result {
        source.observer.takeEvents()
        let (result, state) = content.withLock { content -> (Result?, Freshness) in
            let state = freshness(of: &content)
            return (state == .current ? look(&content) : nil, state)
        }
        if let result { return result }
        try await rounds.wait(next: state == .stale) { try read() }
        return content.withLock { look(&$0) }
    }
}
