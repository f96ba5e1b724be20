internal import SpoolModel
internal import SpoolStore

/// The order of a list of jobs: a word of `order` in `list-jobs.json`. Jobs that have not ended come before those that have.
enum JobOrder: String, CaseIterable, Sendable {
    /// The newest change first.
    case newest
    /// The oldest change first.
    case oldest
    /// Those that ran longest first.
    case longest
    /// Schedules by their next times; jobs without one as for ``newest``, after them.
    case next

    /// The order for a word; throws 400 for an unknown one.
    init(word: String) throws(APIError) {
        guard let order = JobOrder(rawValue: word) else {
            let words = JobOrder.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("\"order\" is one of \(words), not \"\(word)\"")
        }
        self = order
    }

    /// Whether a finished job precedes another one.
    func precedes(_ one: FinishedSegment.Entry, _ other: FinishedSegment.Entry) -> Bool {
        switch self {
        case .newest, .next: (other.at, other.id) < (one.at, one.id)
        case .oldest: (one.at, one.id) < (other.at, other.id)
        case .longest: (other.seconds, other.at, other.id) < (one.seconds, one.at, one.id)
        }
    }

    /// Jobs in this order.
    ///
    /// - Parameter entries: the newest change first.
    func sorted(_ entries: [ActiveIndex.Entry]) -> [ActiveIndex.Entry] {
        switch self {
        case .newest: return entries
        case .oldest: return entries.reversed()
        case .longest:
            // Of those that have not started, the time until now is no duration.
            return entries.filter { $0.job.status[.started] != nil }
                .sorted { ($0.job.status[.started] ?? $0.at) < ($1.job.status[.started] ?? $1.at) }
                + entries.filter { $0.job.status[.started] == nil }
        case .next:
            let due = entries.compactMap { entry in entry.job.status[.next].map { (time: $0, entry: entry) } }
            return due.sorted { ($0.time, $0.entry.job.id) < ($1.time, $1.entry.job.id) }.map(\.entry)
                + entries.filter { $0.job.status[.next] == nil }
        }
    }
}
