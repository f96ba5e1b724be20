internal import SpoolModel

/// A snapshot of `history/` for some days.
struct Past: Sendable {
    /// The sums of each file.
    private(set) var sums: [PastSums] = []
    /// Jobs with a line that also had a directory a moment ago. Those that still have it count by the directory.
    private(set) var doubtful: [JobID: PastJob] = [:]
    /// The stamps of the files, by day.
    var stamps: [Int: StatusStamp?] = [:]

    /// Adds the content of a file.
    mutating func add(_ sums: PastSums, _ doubtful: [JobID: PastJob]) {
        self.sums.append(sums)
        self.doubtful.merge(doubtful) { $1 }
    }

    /// Counts the doubtful jobs by their lines, except those in `kept`.
    mutating func retire(without kept: Set<JobID>) {
        var rest = PastSums()
        for (id, job) in doubtful where !kept.contains(id) { rest.add(job) }
        sums.append(rest)
        doubtful = [:]
    }
}
