package import Scheduling
internal import SpoolModel
package import SpoolStore

/// What the indexes read, and through what they notice changes.
package struct IndexSource: Sendable {
    let spool: Spool
    /// The time zone of shown times.
    let zone: TimeZoneRules
    /// Whether other machines write into the spool.
    let isShared: @Sendable () -> Bool
    let observer: TreeObserver
    /// Runs reads on threads that may block.
    let submit: Rounds.Submit

    /// The sources of all indexes of a spool.
    package init(
        spool: Spool, zone: TimeZoneRules, isShared: @escaping @Sendable () -> Bool, observer: TreeObserver,
        submit: @escaping Rounds.Submit
    ) {
        self.spool = spool
        self.zone = zone
        self.isShared = isShared
        self.observer = observer
        self.submit = submit
    }

    /// Whether the writes of other machines have to be searched for, some time after the last search.
    func isSearchDue(after last: Timestamp) -> Bool {
        guard isShared() else { return false }
        let age = Timestamp.now.microseconds - last.microseconds
        return age > IndexSource.searchInterval || age < 0
    }

    /// Microseconds between searches for the writes of other machines.
    private static let searchInterval: Int64 = 2_000_000
}
