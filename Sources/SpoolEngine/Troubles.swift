/// Failures that are tried again: each is logged once while its message stays the same, and tried again after pauses
/// that double from one second up to `longest`. Times are microseconds of the steady clock.
package struct Troubles<Subject: Hashable & Comparable> {
    private static var shortest: Int64 { 1_000_000 }
    private let longest: Int64

    private var known: [Subject: (message: String, pause: Int64)] = [:]
    private var due = Ordered<Subject, Int64>()

    /// No failures.
    ///
    /// - Parameter longest: the longest pause, an hour by default.
    package init(longest: Int64 = 3_600_000_000) {
        self.longest = longest
    }

    /// Notes a failure.
    ///
    /// - Returns: whether to log it, because it is new or its message has changed.
    package mutating func note(_ subject: Subject, _ message: String, at now: Int64) -> Bool {
        let before = known[subject]
        let pause = before.map { min(2 * $0.pause, longest) } ?? Self.shortest
        known[subject] = (message, pause)
        due[subject] = now + pause
        return before?.message != message
    }

    /// Clears a failure after a success, or when it no longer matters.
    ///
    /// - Returns: whether it was known.
    @discardableResult
    package mutating func clear(_ subject: Subject) -> Bool {
        due[subject] = nil
        return known.removeValue(forKey: subject) != nil
    }

    /// Whether a subject has a failure.
    package func contains(_ subject: Subject) -> Bool { known[subject] != nil }

    /// Whether a subject has failed and its next try is not due yet.
    package func isPaused(_ subject: Subject, at now: Int64) -> Bool { due[subject].map { $0 > now } ?? false }

    /// When the next try is due; nil if none is.
    package var nextDue: Int64? { due.first?.rank }

    /// Removes and returns the subjects whose next try is due. The caller notes each again if it fails again, or clears
    /// it.
    package mutating func takeDue(at now: Int64) -> [Subject] {
        var subjects: [Subject] = []
        while let first = due.first, first.rank <= now {
            due[first.key] = nil
            subjects.append(first.key)
        }
        return subjects
    }
}
