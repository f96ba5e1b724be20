internal import NIOCore
internal import SpoolModel

extension FinishedJobs {
    /// A finished job, and the index of its segment.
    typealias Match = (entry: FinishedSegment.Entry, segment: Int)

    /// A page of the matching jobs in some states. Blocks on the disk if the query has a text to search for.
    ///
    /// - Parameters:
    ///   - start: the job before the page; nil for the first page.
    ///   - limit: the most jobs of the page, regardless of the query's limit.
    ///   - reader: reads the texts that are searched.
    func page(
        in states: Set<JobState>, _ query: JobQuery, after start: (at: Timestamp, id: JobID)?, limit: Int,
        _ reader: TextReader
    ) throws -> JobQuery.Page<Match> {
        let order = query.order
        // The latest jobs are found first, all others must be compared.
        let isInOrder = order == .newest || order == .next
        if isInOrder, query.text == nil, !query.filter.isAboutDays {
            return countedPage(in: states, query, after: start, limit: limit)
        }
        var page = JobQuery.Page<Match>()
        let first = start.flatMap { entry(of: $0.id, at: $0.at) }
        let capacity = limit > Int.max / 4 ? Int.max : 2 * limit + 64
        var counts = StateCounts()
        try visit(query, in: states, reader) { entry, segment in
            counts.add(entry.state, 1)
            guard states.contains(entry.state) else { return }
            page.total += 1
            if let first, !order.precedes(first, entry) { return }
            guard !isInOrder || page.jobs.count < limit else {
                page.hasMore = true
                return
            }
            page.jobs.append((entry, segment))
            if page.jobs.count == capacity { FinishedJobs.cut(&page, to: limit, order) }
        }
        if query.withCounts { page.counts = counts.byState }
        if !isInOrder { FinishedJobs.cut(&page, to: limit, order) }
        return page
    }

    /// The same for a query whose matches are known to be counted by spiders: only the jobs of the page are looked for.
    private func countedPage(
        in states: Set<JobState>, _ query: JobQuery, after start: (at: Timestamp, id: JobID)?, limit: Int
    ) -> JobQuery.Page<Match> {
        var page = JobQuery.Page<Match>()
        let isWanted = isWanted(by: query.filter)
        var counts = StateCounts()
        for (place, isWanted) in zip(self.counts, isWanted) where isWanted {
            for state in StateCounts.states { counts.add(state, place[state]) }
        }
        page.total = states.reduce(0) { $0 + counts[$1] }
        if query.withCounts { page.counts = counts.byState }
        guard page.total > 0 else { return page }
        let first = start.map { index(for: $0.at, $0.id) } ?? 0
        for index in segments.indices.dropFirst(first) {
            for entry in segments[index].entries where isWanted[Int(entry.place)] && states.contains(entry.state) {
                if let start, !(entry.at < start.at || entry.at == start.at && entry.id < start.id) { continue }
                guard page.jobs.count < limit else {
                    page.hasMore = true
                    return page
                }
                page.jobs.append((entry, index))
            }
            // None follows.
            if start == nil, page.jobs.count == page.total { return page }
        }
        return page
    }

    /// Keeps the first jobs of an order.
    private static func cut(_ page: inout JobQuery.Page<Match>, to limit: Int, _ order: JobOrder) {
        page.jobs.sort { order.precedes($0.entry, $1.entry) }
        guard page.jobs.count > limit else { return }
        page.jobs.removeSubrange(limit...)
        page.hasMore = true
    }

    /// Whether a filter wants jobs of each of the ``places``.
    func isWanted(by filter: JobFilter) -> [Bool] {
        zip(places, schedules).map { place, schedule in
            filter.wants(place.project, place.spider) && filter.wants(firedBy: schedule)
        }
    }

    /// Calls a function for each job that a query wants, latest first, with the index of its segment: for those in some
    /// states, or for all if they are to be counted.
    private func visit(
        _ query: JobQuery, in states: Set<JobState>, _ reader: TextReader,
        _ body: (FinishedSegment.Entry, Int) -> Void
    ) throws {
        let isWanted = isWanted(by: query.filter)
        for (index, segment) in segments.enumerated() {
            func isMatch(_ entry: FinishedSegment.Entry) -> Bool {
                (query.withCounts || states.contains(entry.state)) && isWanted[Int(entry.place)]
                    && query.filter.wants(day: Int(entry.day))
            }
            guard let text = query.text else {
                for entry in segment.entries where isMatch(entry) { body(entry, index) }
                continue
            }
            guard segment.entries.contains(where: isMatch) else { continue }
            try reader.text(of: segment, in: self).withUnsafeReadableBytes { bytes in
                var offset = 0
                for entry in segment.entries {
                    let range = (offset + entry.size - Int(entry.length))..<(offset + entry.size)
                    offset = range.upperBound
                    guard isMatch(entry), text.isFound(in: UnsafeRawBufferPointer(rebasing: bytes[range])) else {
                        continue
                    }
                    body(entry, index)
                }
            }
        }
    }
}

extension StateCounts {
    /// The final states.
    static let states = [JobState.successful, .failed, .canceled]

    fileprivate var byState: [JobState: Int] {
        Dictionary(uniqueKeysWithValues: StateCounts.states.map { ($0, self[$0]) })
    }
}
