internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// What room there is in the spool, not older than a second.
final class RoomGauge: Sendable {
    private let spool: Spool
    private let live: Live<APISettings>
    private let hold: HoldWatch
    private let last = Mutex<(room: SpoolRoom, at: Timestamp)?>(nil)
    private let lastHold = Mutex<HoldState?>(nil)

    init(spool: Spool, live: Live<APISettings>) {
        self.spool = spool
        self.live = live
        hold = HoldWatch(spool)
    }

    /// Whether the spool was held when that was last looked at, with the room.
    var holdState: HoldState? { lastHold.withLock { $0 } }

    /// Looks whether the spool is held. Waits for the disk.
    @discardableResult
    func lookAtHold() -> HoldState? {
        // What cannot be read says nothing: the engine logs it.
        guard let state = try? hold.state(by: live.value.holdCopies) else { return nil }
        lastHold.withLock { $0 = state }
        return state
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
        lookAtHold()
        last.withLock { $0 = (room, .now) }
        return room
    }
}
