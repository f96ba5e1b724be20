package import SpoolModel

/// Which finished jobs are kept: those that ended last, up to a number. A pure table; it reads and deletes nothing.
///
/// A job whose end is not known is counted, so that no status has to be read before there are too many jobs. One that
/// cannot be read is not in it: it takes no other job's place, and is not deleted.
package struct Retention {
    private var ends = Ordered<JobID, Timestamp>()
    /// Jobs whose end has not been read yet.
    package private(set) var unread: Set<JobID> = []

    /// Keeps nothing yet.
    package init() {}

    /// How many jobs are kept.
    package var count: Int { ends.count + unread.count }

    /// Whether a job is among those that are kept.
    package func contains(_ id: JobID) -> Bool { ends[id] != nil || unread.contains(id) }

    /// Takes a finished job in, whose end is read when there are too many.
    package mutating func add(_ id: JobID) {
        if ends[id] == nil { unread.insert(id) }
    }

    /// Takes a job in that has ended at an instant.
    package mutating func add(_ id: JobID, ended: Timestamp) {
        unread.remove(id)
        ends[id] = ended
    }

    /// Forgets a job: it is gone, or cannot be read, or not deleted.
    package mutating func remove(_ id: JobID) {
        unread.remove(id)
        ends[id] = nil
    }

    /// Forgets all jobs but those.
    package mutating func formIntersection(_ ids: Set<JobID>) {
        unread.formIntersection(ids)
        for id in Array(ends.keys) where !ids.contains(id) { ends[id] = nil }
    }

    /// Takes those out that have ended first, so that no more than a number is left; at most so many at a time. The ends
    /// of all must have been read.
    ///
    /// An end that is still to come is from before the clock was set back: older than all that has come since.
    package mutating func takeExcess(over cap: Int, at now: Timestamp, atMost most: Int) -> [JobID] {
        var excess: [JobID] = []
        while count > cap, excess.count < most {
            if let last = ends.last, last.rank > now {
                ends[last.key] = nil
                excess.append(last.key)
            } else if let first = ends.popFirst() {
                excess.append(first.key)
            } else {
                break
            }
        }
        return excess
    }
}
