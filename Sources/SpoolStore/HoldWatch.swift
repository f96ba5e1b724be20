internal import LinuxSystem
public import SpoolModel
internal import Synchronization

/// Whether a spool is held: its jobs are shown and none is started.
public struct HoldState: Hashable, Sendable {
    /// Whether the tree is the original spool or a copy.
    public let identity: SpoolIdentity
    /// Whether it is held.
    public let isHeld: Bool
    /// The command that releases it.
    public let remedy: String

    /// A message about the state and its consequence; nil for the original spool.
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

/// The content that the file `format` had first.
package struct FormatWatch {
    private var first: [UInt8]?

    /// - Parameter content: nil if it could not be read.
    package init(first content: [UInt8]?) { first = content }

    /// Whether the file was rewritten since it was first read, given its content.
    package mutating func isRewritten(_ content: [UInt8]) -> Bool {
        // A file that could not be read at first is no other file: a held spool must not be released by that.
        if first == nil { first = content }
        return content != first
    }
}

/// Determines whether a spool is held. It reads the tree only after the facts of the file `format` have changed.
///
/// The engine and the HTTP side have one each. Both get the same result, because the state is in the tree.
public final class HoldWatch: Sendable {
    private let spool: Spool
    private let begun: Mutex<FormatWatch>
    private let last = Mutex<(format: FileInformation, identity: SpoolIdentity, isRewritten: Bool)?>(nil)

    /// Starts watching a spool.
    public init(_ spool: Spool) {
        self.spool = spool
        // After an error, the first call of ``state(by:)`` reads it.
        begun = Mutex(FormatWatch(first: try? spool.root.content("format", limit: 4096)))
    }

    /// The current state. Reads from the disk.
    public func state(by policy: HoldCopies) throws(SpoolError) -> HoldState {
        let format = try doing("look at the spool's format") { () throws(SystemError) in
            try spool.root.information("format")
        }
        if let last = last.withLock({ $0 }), last.format == format {
            return state(last.identity, last.isRewritten, policy)
        }
        let content = try doing("read the spool's format") { () throws(SystemError) in
            try spool.root.content("format", limit: 4096)
        }
        let identity = try spool.identity()
        let isRewritten = begun.withLock { $0.isRewritten(content) }
        last.withLock { $0 = (format, identity, isRewritten) }
        return state(identity, isRewritten, policy)
    }

    private func state(_ identity: SpoolIdentity, _ isRewritten: Bool, _ policy: HoldCopies) -> HoldState {
        // If the identity cannot be determined, a `resume` while the server runs decides: its user knows the spool.
        let isHeld = isRewritten && !identity.isCopy ? false : identity.isHeld(by: policy)
        return HoldState(
            identity: identity, isHeld: isHeld, remedy: "scrapy-spool resume \(HoldWatch.quoted(spool.path))")
    }

    /// A path quoted as one word of a shell.
    static func quoted(_ path: String) -> String {
        let plain = path.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "/._-+,=@%".unicodeScalars.contains($0)
        }
        return plain
            ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
