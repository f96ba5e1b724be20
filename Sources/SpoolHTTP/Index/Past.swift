internal import SpoolModel

/// What `history/` says of some days at a moment.
struct Past: Sendable {
    /// The sums, of each file.
    private(set) var sums: [PastSums] = []
    /// Jobs that have a line, and had a directory a moment ago: those that are kept count by that.
    private(set) var doubtful: [JobID: PastJob] = [:]
    /// What the files were that were read, by their days.
    var stamps: [Int: StatusStamp?] = [:]

    /// Adds what a file says.
    mutating func add(_ sums: PastSums, _ doubtful: [JobID: PastJob]) {
        self.sums.append(sums)
        self.doubtful.merge(doubtful) { $1 }
    }

    /// Counts the doubtful ones by their lines, but for some.
    mutating func settle(without kept: Set<JobID>) {
        var rest = PastSums()
        for (id, job) in doubtful where !kept.contains(id) { rest.add(job) }
        sums.append(rest)
        doubtful = [:]
    }
}
