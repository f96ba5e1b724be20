internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Sends the deliveries of one hook, one at a time, on a thread of its own: a receiver that hangs delays no other hook.
final class HookLane: Sendable {
    private struct Orders {
        var settings: HookSettings?
        var isNew = true
        var hasNews = true
    }

    /// Microseconds until a held spool is looked at again.
    private static let heldPause: Int64 = 5_000_000
    /// The most microseconds between two looks at deliveries that cannot be sent, to give up old ones.
    private static let longestPause: Int64 = 3_600_000_000

    private let name: HookName
    private let spool: Spool
    private let counters: HookCounters
    private let logger: Logger
    private let post: HookPost
    private let bell: EventFD
    private let orders = Mutex(Orders())

    init(
        _ name: HookName, spool: Spool, counters: HookCounters, logger: Logger, post: HookPost
    ) throws(SystemError) {
        self.name = name
        self.spool = spool
        self.counters = counters
        self.logger = logger
        self.post = post
        bell = try EventFD()
    }

    /// Starts the thread, which ends with the process.
    func start() throws(SystemError) {
        let queue = try EventQueue()
        try queue.add(bell.descriptor, key: 0)
        let waiting = LaneQueue(queue)
        try startThread(named: "hook") { [self] in run(waiting) }
    }

    /// Replaces the settings; nil for a hook that is not configured any more.
    func take(_ settings: HookSettings?) {
        orders.withLock { orders in
            orders.settings = settings
            orders.isNew = true
        }
        ring()
    }

    /// Has the outbox listed again.
    func ring() {
        orders.withLock { $0.hasNews = true }
        bell.ring()
    }

    private func run(_ waiting: LaneQueue) {
        var state = LaneState(hold: HoldWatch(spool))
        while true {
            bell.clear()
            let orders = orders.withLock { orders in
                defer { (orders.isNew, orders.hasNews) = (false, false) }
                return orders
            }
            let hook = orders.settings?.hooks.first { $0.name == name }
            guard let settings = orders.settings, let hook else {
                waiting.wait(nil)
                continue
            }
            if orders.isNew { begin(hook, settings, &state) }
            if orders.hasNews { list(&state) }
            let pause = work(hook, settings, &state)
            counters.set(pending: state.table.count, of: name)
            if let pause { waiting.wait(pause == .max ? nil : pause) }
        }
    }

    /// Takes up new settings.
    private func begin(_ hook: Hook, _ settings: HookSettings, _ state: inout LaneState) {
        let key = settings.fingerprint(of: hook)
        guard key != state.key else { return }
        state.key = key
        state.table.hurry()
        state.status = spool.hookStatus(of: name).flatMap { HookStatus(parsing: $0) }
        guard state.status?.state == .disabled else { return }
        if state.status?.key == key {
            logger.warning(
                "The hook is off since its receiver answered with 410: change its configuration", metadata: tag)
        } else {
            set(HookStatus(.ok, since: now), &state)
            logger.notice("The hook has a new configuration and is on again", metadata: tag)
        }
    }

    private func list(_ state: inout LaneState) {
        do throws(SpoolError) {
            state.table.take(try spool.deliveries(of: name))
            counters.set(pending: state.table.count, of: name)
        } catch {
            logger.error("\(error)", metadata: tag)
        }
    }

    /// Tries one delivery, or returns the microseconds until there is something to do, `.max` for no time limit.
    private func work(_ hook: Hook, _ settings: HookSettings, _ state: inout LaneState) -> Int64? {
        if state.table.count > 0, isHeld(settings, state) { return HookLane.heldPause }
        let isOff = state.status?.state == .disabled
        switch state.table.next(at: SystemClock.monotonic()) {
        case .rest: return .max
        case .wait(let pause): return min(pause, HookLane.longestPause)
        case .deliver(let name):
            if isOff {
                keep(name, hook, &state)
            } else {
                deliver(name, hook, settings, &state)
            }
            return nil
        }
    }

    /// Whether the spool is a copy that was not released. If that cannot be known now, it counts as one.
    private func isHeld(_ settings: HookSettings, _ state: LaneState) -> Bool {
        // The next look, some seconds later, asks again.
        (try? state.hold.state(by: settings.holdCopies))?.isHeld ?? true
    }

    // MARK: One delivery

    private func deliver(_ delivery: DeliveryName, _ hook: Hook, _ settings: HookSettings, _ state: inout LaneState) {
        do throws(SpoolError) {
            guard let (content, written) = try spool.delivery(delivery, of: name) else {
                return state.table.end(delivery)
            }
            guard let message = HookMessage(parsing: content) else {
                return giveUp(delivery, "its content is damaged", &state)
            }
            let result = attempt(delivery, message, hook, settings)
            switch result {
            case .taken:
                // Before it is removed: a crash in between sends it once more, and none is lost.
                counters.add(.delivered, of: name)
                try spool.removeDelivery(delivery, of: name)
                state.table.end(delivery)
                noteSuccess(&state)
            case .failed(let reason):
                counters.add(.failed, of: name)
                noteFailure(reason, &state)
                if isOver(written, hook) { return giveUp(delivery, reason, &state) }
                later(delivery, &state)
            case .switchedOff(let reason):
                counters.add(.failed, of: name)
                set(HookStatus(.disabled, since: now, reason: reason, key: state.key), &state)
                logger.error(
                    "Switched off until the hook's configuration changes, deliveries wait in its outbox: \(reason)",
                    metadata: tag)
                later(delivery, &state)
            }
        } catch {
            logger.error("\(error)", metadata: tag)
            later(delivery, &state)
        }
    }

    /// Keeps a delivery while the hook is off, until it is too old.
    private func keep(_ delivery: DeliveryName, _ hook: Hook, _ state: inout LaneState) {
        // If it cannot be read now, it is looked at again later.
        let written = (try? spool.delivery(delivery, of: name))?.written
        if let written, isOver(written, hook) { return giveUp(delivery, "the hook is off", &state) }
        later(delivery, &state)
    }

    private func attempt(
        _ delivery: DeliveryName, _ message: HookMessage, _ hook: Hook, _ settings: HookSettings
    ) -> DeliveryResult {
        switch hook.action {
        case .post(let url, let form):
            post.send(
                delivery, message, to: url, as: form, at: SystemClock.wall() / 1_000_000,
                secrets: settings.secrets[name] ?? []
            ).result
        case .run(let words, let seconds):
            HookRun(settings: settings).run(words, seconds: seconds, message).result
        }
    }

    private func later(_ delivery: DeliveryName, _ state: inout LaneState) {
        state.table.fail(delivery, at: SystemClock.monotonic(), random: state.generator.next())
    }

    private func isOver(_ written: Timestamp, _ hook: Hook) -> Bool {
        now.microseconds(since: written) >= Int64(hook.patience).multipliedSaturating(by: 1_000_000)
    }

    private func giveUp(_ delivery: DeliveryName, _ reason: String, _ state: inout LaneState) {
        do throws(SpoolError) {
            try spool.giveUpDelivery(delivery, of: name)
            state.table.end(delivery)
            counters.add(.dropped, of: name)
            logger.error(
                "Gave up the delivery \(delivery), which is in hooks/\(name)/dead now: \(reason)", metadata: tag)
        } catch {
            logger.error("\(error)", metadata: tag)
            later(delivery, &state)
        }
    }

    // MARK: The hook's state

    private func noteSuccess(_ state: inout LaneState) {
        guard state.status?.state != .ok else { return }
        if state.status?.state == .failing { logger.notice("The hook works again", metadata: tag) }
        set(HookStatus(.ok, since: now), &state)
    }

    private func noteFailure(_ reason: String, _ state: inout LaneState) {
        guard state.status?.state != .failing || state.status?.reason != reason else { return }
        let since = state.status?.state == .failing ? state.status?.since : nil
        logger.warning("The hook fails, and its deliveries are tried again: \(reason)", metadata: tag)
        set(HookStatus(.failing, since: since ?? now, reason: reason), &state)
    }

    private func set(_ status: HookStatus, _ state: inout LaneState) {
        state.status = status
        do throws(SpoolError) {
            try spool.publishHookStatus(status.line, of: name)
        } catch {
            logger.error("\(error)", metadata: tag)
        }
    }

    private var now: Timestamp { Timestamp(microseconds: SystemClock.wall()) }
    private var tag: Logger.Metadata { ["hook": "\(name)"] }
}

/// The memory of a hook's thread.
private struct LaneState {
    let hold: HoldWatch
    var table = DeliveryTable()
    var status: HookStatus?
    /// The digest of the configuration.
    var key = ""
    var generator = SystemRandomNumberGenerator()

    init(hold: HoldWatch) {
        self.hold = hold
    }
}

/// The events that a hook's thread waits for.
private final class LaneQueue: Sendable {
    private let queue: EventQueue

    init(_ queue: consuming EventQueue) {
        self.queue = queue
    }

    /// Waits for the bell, at most so many microseconds.
    func wait(_ microseconds: Int64?) {
        _ = queue.waitPausing(milliseconds: microseconds.map { Int(clamping: $0 / 1000 + 1) })
    }
}
