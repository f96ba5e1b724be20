package import SpoolModel

/// Whether jobs come so often that a warm parent pays: to load it takes as much processor time as a cold start, and it goes
/// after a rest. A pure value, in microseconds of a monotonic clock.
package struct WarmDemand {
    private let window: Int64
    private var last: (job: JobID, time: Int64)?
    private var isOften = false

    /// No job yet.
    ///
    /// - Parameter window: microseconds between two jobs for which a parent would wait.
    package init(window: Int64) {
        self.window = window
    }

    /// Notes that a job starts, and returns whether another one did so not long before it. A job may be noted more than once.
    package mutating func note(_ job: JobID, at now: Int64) -> Bool {
        if let last, last.job != job { isOften = now - last.time <= window }
        last = (job, now)
        return isOften
    }
}
