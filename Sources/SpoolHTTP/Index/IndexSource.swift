internal import LinuxSystem
internal import Scheduling
internal import SpoolStore

/// What an index of jobs is made from.
struct IndexSource: ~Copyable, Sendable {
    let spool: Spool
    /// The time zone of the times that are shown.
    let zone: TimeZoneRules
    /// Watches of the index alone.
    let inotify: Inotify

    init(spool: Spool, zone: TimeZoneRules) throws(SystemError) {
        self.spool = spool
        self.zone = zone
        inotify = try Inotify()
    }
}
