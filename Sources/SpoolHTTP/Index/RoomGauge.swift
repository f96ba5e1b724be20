internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// What room there is in the spool, not older than a second.
final class RoomGauge: Sendable {
    private let spool: Spool
    private let last = Mutex<(room: SpoolRoom, at: Timestamp)?>(nil)

    init(spool: Spool) {
        self.spool = spool
    }

    /// The room, if it was looked at within the last second.
    var recent: SpoolRoom? {
        guard let last = last.withLock({ $0 }), Timestamp.now.microseconds - last.at.microseconds < 1_000_000 else {
            return nil
        }
        return last.room
    }

    /// Looks at it. Waits for the disk.
    func look() throws(SpoolError) -> SpoolRoom {
        let room = try spool.room()
        last.withLock { $0 = (room, .now) }
        return room
    }
}
