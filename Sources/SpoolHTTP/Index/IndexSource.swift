internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// What an index of jobs is made from.
struct IndexSource: ~Copyable, Sendable {
    let spool: Spool
    /// The time zone of the times that are shown.
    let zone: TimeZoneRules
    /// Says whether other machines write into the spool.
    let live: Live<APISettings>
    /// Watches of the index alone.
    let inotify: Inotify

    init(spool: Spool, zone: TimeZoneRules, live: Live<APISettings>) throws(SystemError) {
        self.spool = spool
        self.zone = zone
        self.live = live
        inotify = try Inotify()
    }
}
