internal import NIOCore
internal import SpoolModel

extension FinishedJobs {
    /// A finished job with its text as in an answer.
    typealias Match = (entry: FinishedSegment.Entry, text: ByteBuffer)

    /// A page of the matching jobs in some states, with their texts as in an answer.
    ///
    /// - Parameters:
    ///   - start: the job before the page; nil for the first page.
    ///   - limit: the most jobs of the page, regardless of the query's limit.
    func page(
        in states: Set<JobState>, _ query: JobQuery, after start: (at: Timestamp, id: JobID)?, limit: Int
    ) -> JobQuery.Page<Match> {
        var page = JobQuery.Page<Match>()
        let first = start.flatMap { entry(of: $0.id, at: $0.at) }
        let order = query.order
        // The latest jobs are found first, all others must be compared.
        let isInOrder = order == .newest || order == .next
        let capacity = limit > Int.max / 4 ? Int.max : 2 * limit + 64
        var counts = [JobState.successful, .failed, .canceled].map { (state: $0, count: 0) }
        visit(query, in: states) { entry, segment, text in
            if query.withCounts, let index = counts.firstIndex(where: { $0.state == entry.state }) {
                counts[index].count += 1
            }
            guard states.contains(entry.state) else { return }
            page.total += 1
            if let first, !order.precedes(first, entry) { return }
            guard !isInOrder || page.jobs.count < limit else {
                page.hasMore = true
                return
            }
            let slice = segment.bytes.getSlice(at: segment.bytes.readerIndex + text.lowerBound, length: text.count)
            page.jobs.append((entry, slice ?? ByteBuffer()))
            if page.jobs.count == capacity { FinishedJobs.cut(&page, to: limit, order) }
        }
        if query.withCounts { page.counts = Dictionary(uniqueKeysWithValues: counts.map { ($0.state, $0.count) }) }
        if !isInOrder { FinishedJobs.cut(&page, to: limit, order) }
        return page
    }

    /// Keeps the first jobs of an order.
    private static func cut(_ page: inout JobQuery.Page<Match>, to limit: Int, _ order: JobOrder) {
        page.jobs.sort { order.precedes($0.entry, $1.entry) }
        guard page.jobs.count > limit else { return }
        page.jobs.removeSubrange(limit...)
        page.hasMore = true
    }

    /// Calls a function for each job that a query wants, latest first, with the range of its text in the segment: for those
    /// in some states, or for all if they are to be counted.
    private func visit(
        _ query: JobQuery, in states: Set<JobState>,
        _ body: (FinishedSegment.Entry, FinishedSegment, Range<Int>) -> Void
    ) {
        let isWanted = zip(places, schedules).map { place, schedule in
            query.wants(place.project, place.spider) && query.wants(firedBy: schedule)
        }
        for segment in segments {
            segment.bytes.withUnsafeReadableBytes { bytes in
                var offset = 0
                for entry in segment.entries {
                    let text = (offset + entry.size - Int(entry.length))..<(offset + entry.size)
                    offset = text.upperBound
                    guard query.withCounts || states.contains(entry.state), isWanted[Int(entry.place)],
                        query.wants(day: Int(entry.day)),
                        query.text?.isFound(in: UnsafeRawBufferPointer(rebasing: bytes[text])) ?? true
                    else { continue }
                    body(entry, segment, text)
                }
            }
        }
    }
}
