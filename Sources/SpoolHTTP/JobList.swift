internal import NIOCore
internal import SpoolModel

/// The answer of `list-jobs.json`, assembled from the texts of jobs.
enum JobList {
    private static let start: StaticString = "{\"status\": \"ok\", \"jobs\": ["
    private static let end: StaticString = "]}\n"

    /// The whole answer.
    static func text(of jobs: [[UInt8]]) -> ByteBuffer {
        var text = beginning(with: jobs)
        text.writeStaticString(end)
        return text
    }

    /// The answer with a page of jobs, the number of all matches, and whether more follow.
    ///
    /// - Parameters:
    ///   - isWhole: whether all jobs were known.
    ///   - counts: the number of all matches in each state; nil if they are not part of the answer.
    static func page(
        of jobs: [ByteBuffer], total: Int, hasMore: Bool, isWhole: Bool = true, counts: [JobState: Int]? = nil
    ) -> APIResponse {
        var text = beginning(with: jobs.map(\.readableBytesView))
        text.writeString("], \"total\": \(total), \"more\": \(hasMore)")
        if let counts {
            let members = JobState.allCases.map { JSON.Member($0.rawValue, .number(counts[$0] ?? 0)) }
            text.writeString(", \"counts\": \(JSON.object(members).line)")
        }
        text.writeString("\(isWhole ? "" : ", \"whole\": false")}\n")
        return .pieces([text])
    }

    /// The answer up to the end of some jobs.
    static func beginning(with jobs: [some Collection<UInt8>]) -> ByteBuffer {
        var text = ByteBuffer()
        text.reserveCapacity(jobs.reduce(120) { $0 + $1.count + 2 })
        text.writeStaticString(start)
        for (index, job) in jobs.enumerated() {
            if index > 0 { text.writeStaticString(FinishedSegment.separator) }
            text.writeBytes(job)
        }
        return text
    }

    /// The end of the answer.
    ///
    /// - Parameter addition: more members of the object, each with `, ` before it.
    static func end(with addition: String) -> ByteBuffer {
        ByteBuffer(string: "]\(addition)}\n")
    }
}
