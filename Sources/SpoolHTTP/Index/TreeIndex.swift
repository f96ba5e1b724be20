internal import LinuxSystem
internal import Synchronization

/// A part of the tree, cached in memory until it changes.
///
/// It has no background work: each query takes the pending inotify events (inotify(7)), reads the files that they name,
/// and returns the current state. It may be dropped at any time.
protocol TreeIndex: Sendable {
    /// The cached content.
    associatedtype Content

    var content: Mutex<Content> { get }

    /// Takes the pending events, without reading any file.
    ///
    /// - Returns: whether the content is current.
    func takeEvents(into content: inout Content) -> Bool

    /// Reads the changed files. Blocks on the disk.
    func read(into content: inout Content) throws
}

extension TreeIndex {
    /// Microseconds between searches for the writes of other machines, if there are any.
    static var remoteLookInterval: Int64 { 2_000_000 }
    /// Queries the content if that does not block: nil if files have to be read, or another thread reads them.
    func ifCurrent<Result: Sendable>(_ look: (inout Content) -> Result) -> Result? {
        content.withLockIfAvailable { content -> Result? in takeEvents(into: &content) ? look(&content) : nil } ?? nil
    }

    /// Queries the content after reading the changed files. Blocks on the disk.
    func current<Result: Sendable>(_ look: (inout Content) -> Result) throws -> Result {
        try content.withLock { content in
            if !takeEvents(into: &content) { try read(into: &content) }
            return look(&content)
        }
    }
}

extension API {
    /// Queries an index: at once if it is current, otherwise on a thread that may block on the disk.
    func look<Index: TreeIndex, Result: Sendable>(
        into index: Index, _ body: @escaping @Sendable (inout Index.Content) -> Result
    ) async throws -> Result {
        if let result = index.ifCurrent(body) { return result }
        return try await blocking { try index.current(body) }
    }
}
