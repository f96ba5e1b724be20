internal import LinuxSystem
public import Logging
public import SpoolModel
public import SpoolStore
internal import Synchronization

/// Sends the deliveries that the engine has put into the outboxes of hooks. It shares nothing with the engine but the tree.
public final class HookDispatcher: Sendable {
    private let spool: Spool
    private let counters: HookCounters
    private let logger: Logger
    private let post = HookPost()
    /// The lanes of all hooks that were configured since the start. Their threads end with the process.
    private let lanes = Mutex<[HookName: HookLane]>([:])

    /// Delivers nothing until it has settings.
    public init(spool: Spool, counters: HookCounters, logger: Logger) {
        self.spool = spool
        self.counters = counters
        self.logger = logger
    }

    /// Replaces the settings.
    public func reload(_ settings: HookSettings) {
        let names = Set(settings.hooks.map(\.name))
        for name in spool.hookNames() where !names.contains(name) {
            // A directory that cannot be listed has nothing to report.
            let count = (try? spool.deliveries(of: name))?.count ?? 0
            guard count > 0 else { continue }
            logger.warning("\(count) deliveries wait in hooks/\(name)/outbox for a hook that is not configured")
        }
        lanes.withLock { lanes in
            for name in names where lanes[name] == nil {
                do throws(SystemError) {
                    let lane = try HookLane(name, spool: spool, counters: counters, logger: logger, post: post)
                    try lane.start()
                    lanes[name] = lane
                } catch {
                    logger.error(
                        "Deliveries wait, since the hook cannot start: \(error)", metadata: ["hook": "\(name)"])
                }
            }
            for (name, lane) in lanes { lane.take(names.contains(name) ? settings : nil) }
        }
    }

    /// Has all outboxes looked at.
    public func ring() {
        for lane in lanes.withLock({ Array($0.values) }) { lane.ring() }
    }
}
