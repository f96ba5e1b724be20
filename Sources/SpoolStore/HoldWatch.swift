internal import LinuxSystem
public import SpoolModel
internal import Synchronization

/// Whether a spool is held: shown, and nothing started in it.
public struct HoldState: Hashable, Sendable {
    /// Whether it is the spool, or a copy.
    public let identity: SpoolIdentity
    /// Whether it is held.
    public let isHeld: Bool
    /// The command that ends it.
    public let remedy: String

    /// What there is to say of it, and what follows; nil of the spool itself.
    public var sentence: String? {
        guard let reason = identity.reason else { return nil }
        return switch (identity.isCopy, isHeld) {
        case (true, true):
            "This spool is a copy or was restored: nothing is started until `\(remedy)` (\(reason.rawValue))"
        case (true, false):
            "This spool is a copy or was restored, and its jobs are started by the key hold-copies (\(reason.rawValue))"
        case (false, true):
            "Whether this spool is a copy cannot be known here (\(reason.rawValue)): nothing is started until "
                + "`\(remedy)`, by the key hold-copies"
        case (false, false):
            "Whether this spool is a copy cannot be known here (\(reason.rawValue)): its jobs are started, unless "
                + "hold-copies is `doubtful`"
        }
    }
}

/// Tells whether a spool is held, and looks at more than its file `format`'s times only when that has changed.
///
/// The engine and the HTTP side have one each, and see the same: they talk through the tree.
public final class HoldWatch: Sendable {
    private let spool: Spool
    /// What stood in `format` when the server began.
    private let begun: [UInt8]?
    private let last = Mutex<(format: FileInformation, identity: SpoolIdentity, isRewritten: Bool)?>(nil)

    /// Watches a spool from now on.
    public init(_ spool: Spool) {
        self.spool = spool
        // Whoever cannot read it hears that when asking for the state.
        begun = try? spool.root.content("format", limit: 4096)
    }

    /// The state now. Waits for the disk.
    public func state(by policy: HoldCopies) throws(SpoolError) -> HoldState {
        let format = try doing("look at the spool's format") { () throws(SystemError) in
            try spool.root.information("format")
        }
        if let last = last.withLock({ $0 }), last.format == format {
            return state(last.identity, last.isRewritten, policy)
        }
        let content = try? spool.root.content("format", limit: 4096)
        let identity = try spool.identity()
        last.withLock { $0 = (format, identity, content != begun) }
        return state(identity, content != begun, policy)
    }

    private func state(_ identity: SpoolIdentity, _ isRewritten: Bool, _ policy: HoldCopies) -> HoldState {
        // Where nothing can be known, a `resume` while the server runs is the word of somebody who does know.
        let isHeld = isRewritten && !identity.isCopy ? false : identity.isHeld(by: policy)
        return HoldState(
            identity: identity, isHeld: isHeld, remedy: "scrapy-spool resume \(HoldWatch.quoted(spool.path))")
    }

    /// A path as a shell takes it for one word.
    static func quoted(_ path: String) -> String {
        let plain = path.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "/._-+,=@%".unicodeScalars.contains($0)
        }
        return plain
            ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
