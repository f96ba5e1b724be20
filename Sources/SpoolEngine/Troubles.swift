/// What could not be done and is tried again: each is said once, as long as it is the same, and tried again after pauses
/// that grow from a second to the longest one. Times are microseconds of the steady clock.
package struct Troubles<Subject: Hashable & Comparable> {
    private static var shortest: Int64 { 1_000_000 }
    private let longest: Int64

    private var known: [Subject: (message: String, pause: Int64)] = [:]
    private var due = Ordered<Subject, Int64>()

    /// Nothing is wrong.
    ///
    /// - Parameter longest: the longest pause, an hour if nothing is said.
    package init(longest: Int64 = 3_600_000_000) {
        self.longest = longest
    }

    /// Notes that something could not be done.
    ///
    /// - Returns: whether it is to be said, because it is new or has another reason than the last time.
    package mutating func note(_ subject: Subject, _ message: String, at now: Int64) -> Bool {
        let before = known[subject]
        let pause = before.map { min(2 * $0.pause, longest) } ?? Self.shortest
        known[subject] = (message, pause)
        due[subject] = now + pause
        return before?.message != message
    }

    /// Forgets what has been done, or is not to be done any more.
    ///
    /// - Returns: whether it was known.
    @discardableResult
    package mutating func clear(_ subject: Subject) -> Bool {
        due[subject] = nil
        return known.removeValue(forKey: subject) != nil
    }

    /// Whether something is wrong with it.
    package func contains(_ subject: Subject) -> Bool { known[subject] != nil }

    /// Whether it has been tried and its time has not come again.
    package func isPaused(_ subject: Subject, at now: Int64) -> Bool { due[subject].map { $0 > now } ?? false }

    /// When something is to be tried next; nil if nothing is.
    package var nextDue: Int64? { due.first?.rank }

    /// Those whose time has come. Each is noted again when it fails again, or cleared.
    package mutating func takeDue(at now: Int64) -> [Subject] {
        var subjects: [Subject] = []
        while let first = due.first, first.rank <= now {
            due[first.key] = nil
            subjects.append(first.key)
        }
        return subjects
    }
}
