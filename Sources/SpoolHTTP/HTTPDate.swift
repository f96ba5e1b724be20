internal import SpoolModel
internal import Synchronization

/// The header field Date, which is the same for all answers of a second.
enum HTTPDate {
    private static let last = Mutex<(second: Int64, text: String)>((-1, ""))

    /// The time now.
    static var now: String {
        let now = Timestamp.now
        return last.withLock { last in
            if last.second != now.seconds { last = (now.seconds, now.httpDate) }
            return last.text
        }
    }
}
