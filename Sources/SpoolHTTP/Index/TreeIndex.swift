internal import LinuxSystem
internal import Synchronization

/// A part of the tree, kept in memory as long as nothing in it changes.
///
/// Nobody works for it in the background: whoever asks takes the events that have gathered (inotify(7)), reads what they
/// name, and gets what stands in the tree at that moment. It may be dropped at any time.
protocol TreeIndex: Sendable {
    /// What is known.
    associatedtype Content

    var content: Mutex<Content> { get }

    /// Takes the events that are there, without reading anything.
    ///
    /// - Returns: whether the content is what stands in the tree.
    func takeEvents(into content: inout Content) -> Bool

    /// Reads what has changed. Waits for the disk.
    func read(into content: inout Content) throws
}

extension TreeIndex {
    /// Microseconds after which is looked for what other machines have written, where they do.
    static var remoteLookInterval: Int64 { 2_000_000 }
    /// Looks into the content if that takes no waiting: nil when something has to be read, or somebody reads it.
    func ifCurrent<Result: Sendable>(_ look: (inout Content) -> Result) -> Result? {
        content.withLockIfAvailable { content -> Result? in takeEvents(into: &content) ? look(&content) : nil } ?? nil
    }

    /// Looks into the content, after reading what has changed. Waits for the disk.
    func current<Result: Sendable>(_ look: (inout Content) -> Result) throws -> Result {
        try content.withLock { content in
            if !takeEvents(into: &content) { try read(into: &content) }
            return look(&content)
        }
    }
}

extension API {
    /// Looks into an index: at once where nothing has to be read, otherwise on a thread that may wait for the disk.
    func look<Index: TreeIndex, Result: Sendable>(
        into index: Index, _ body: @escaping @Sendable (inout Index.Content) -> Result
    ) async throws -> Result {
        if let result = index.ifCurrent(body) { return result }
        return try await blocking { try index.current(body) }
    }
}
