internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The free disk space of the spool, cached for a second, and the hold state.
final class DiskSpaceCache: Sendable {
    private let spool: Spool
    private let live: Locked<APISettings>
    private let hold: HoldWatch
    private let last = Mutex<(room: DiskSpace, at: Timestamp)?>(nil)
    private let lastHold = Mutex<HoldState?>(nil)

    init(spool: Spool, live: Locked<APISettings>) {
        self.spool = spool
        self.live = live
        hold = HoldWatch(spool)
    }

    /// Whether the spool was held when it was last checked.
    var holdState: HoldState? { lastHold.withLock { $0 } }

    /// Checks whether the spool is held. Blocks on the disk.
    @discardableResult
    func lookAtHold() -> HoldState? {
        // An unreadable state changes nothing here: the engine logs it.
        guard let state = try? hold.state(by: live.value.holdCopies) else { return nil }
        lastHold.withLock { $0 = state }
        return state
    }

    /// The free space, if it was read within the last second.
    var recent: DiskSpace? {
        guard let last = last.withLock({ $0 }), Timestamp.now.microseconds - last.at.microseconds < 1_000_000 else {
            return nil
        }
        return last.room
    }

    /// The free space of the last second, or else now. Blocks on the disk.
    func present() throws(SpoolError) -> DiskSpace {
        if let recent { return recent }
        return try look()
    }

    /// Reads the free space. Blocks on the disk.
    func look() throws(SpoolError) -> DiskSpace {
        let room = try spool.room()
        lookAtHold()
        last.withLock { $0 = (room, .now) }
        return room
    }
}
