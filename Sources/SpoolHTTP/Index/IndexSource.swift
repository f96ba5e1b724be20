internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// The sources of an index of jobs.
struct IndexSource: ~Copyable, Sendable {
    let spool: Spool
    /// The time zone of shown times.
    let zone: TimeZoneRules
    /// The settings, for whether other machines write into the spool.
    let live: Live<APISettings>
    /// The inotify instance of this index alone.
    let inotify: Inotify

    init(spool: Spool, zone: TimeZoneRules, live: Live<APISettings>) throws(SystemError) {
        self.spool = spool
        self.zone = zone
        self.live = live
        inotify = try Inotify()
    }
}
