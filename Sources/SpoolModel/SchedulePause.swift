/// Since when a schedule makes no runs: the content of the file `paused` in its job's directory.
///
/// The file is empty as touch(1) makes it, or has `by=NAME` and a line feed, as a request to cancel has
/// (``CancelRequest``).
public struct SchedulePause: Hashable, Sendable {
    /// The most bytes of such a file that are read.
    public static let limit = CancelRequest.limit

    /// When it was paused: the time of the file.
    public let since: Timestamp
    /// The requester of the pause (``Requester``); nil if that is not known.
    public let by: String?

    /// A pause from the content and the time of its file.
    public init(content: [UInt8], since: Timestamp) {
        self.since = since
        by = CancelRequest.requester(in: content)
    }

    /// The file's content for a requester.
    public static func content(by requester: Requester?) -> [UInt8] {
        requester == nil ? [] : CancelRequest.content(by: requester)
    }
}
