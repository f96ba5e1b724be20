/// The lines of a day's file, with those of similar jobs merged. The ids of jobs whose directories are gone are
/// dropped.
public struct HistorySummary {
    /// The common properties of lines that are merged.
    private struct Kind: Hashable {
        let quarter: Int64
        let seconds: Int32?
        let project: ProjectName
        let spider: SpiderName
        let outcome: JobState
    }

    /// Microseconds of a quarter of an hour: the offsets of time zones are whole ones.
    private static let quarter: Int64 = 900_000_000

    private let isKept: (JobID) -> Bool
    private var seen: Set<JobID> = []
    private var counts: [Kind: Int] = [:]
    private var others: [UInt8] = []

    /// No lines yet.
    ///
    /// - Parameter isKept: whether a job still has a directory, by which it counts; its line is not merged then.
    public init(isKept: @escaping (JobID) -> Bool) {
        self.isKept = isKept
    }

    /// Takes a line with its bytes.
    public mutating func take(_ content: HistoryText.Content, _ bytes: ArraySlice<UInt8>) {
        guard case .line(let line) = content else {
            if !bytes.isEmpty { others += bytes + [UInt8(ascii: "\n")] }
            return
        }
        if case .job(let id) = line.subject {
            guard seen.insert(id).inserted else { return }
            if isKept(id) { return others += bytes + [UInt8(ascii: "\n")] }
        }
        let kind = Kind(
            quarter: line.ended.microseconds.flooredDivision(by: HistorySummary.quarter).quotient,
            seconds: line.seconds.map(HistorySummary.rounded), project: line.project, spider: line.spider,
            outcome: line.outcome)
        counts[kind] = min((counts[kind] ?? 0) + line.count, HistoryLine.mostJobs)
    }

    /// A number with all but its first three digits made zeros.
    public static func rounded(_ seconds: Int32) -> Int32 {
        var unit: Int32 = 1
        while seconds / unit >= 1000 { unit *= 10 }
        return seconds / unit * unit
    }

    /// The file's new content: the lines that are not merged, then the merged ones by time.
    public var content: [UInt8] {
        let lines = counts.map { kind, count in
            HistoryLine(
                .count(count), ended: Timestamp(microseconds: kind.quarter * HistorySummary.quarter),
                seconds: kind.seconds, project: kind.project, spider: kind.spider, outcome: kind.outcome)
        }
        let texts = lines.map { ($0.ended, $0.line) }.sorted { $0 < $1 }
        return texts.reduce(into: others) { $0 += $1.1.utf8 }
    }
}
