internal import Glibc
internal import LinuxSystem
public import SpoolModel
internal import Synchronization

/// Deliveries to hooks: `hooks/<name>/outbox/`, `dead/` and `status`.
///
/// The engine puts deliveries into outboxes. They are read, moved and removed by the hook's thread alone, and by people.
extension Spool {
    /// The directory of the hooks.
    public static let hooks = "hooks"
    /// The names in the directory of a hook.
    public static let outbox = "outbox", dead = "dead"
    /// How many deliveries `dead/` keeps.
    public static let mostDead = 1000

    /// Puts a delivery into the outbox of a hook. It is on the disk afterwards.
    public func post(_ name: DeliveryName, _ content: [UInt8], to hook: HookName) throws(SpoolError) {
        try doing("put the delivery \(name) into the outbox of the hook \(hook)") { () throws(SystemError) in
            // Written again if it is there: a crash may have come before the flush of its name.
            try hookDirectory("\(hook)/\(Spool.outbox)").publish(name.description, content)
        }
    }

    /// Opens a directory below `hooks/`. Its name is on the disk.
    private func hookDirectory(_ path: String) throws(SystemError) -> Directory {
        if knownHooks.withLock({ $0.contains(path) }),
            let directory = try root.directoryIfUsable("\(Spool.hooks)/\(path)")
        {
            return directory
        }
        var directory = try root.duplicate()
        var place = ""
        for name in [Spool.hooks] + path.split(separator: "/").map(String.init) {
            place += place.isEmpty ? name : "/\(name)"
            if let kind = directory.informationIfAny(name)?.kind, kind != .directory {
                // If it cannot be moved, opening it fails next and reports the reason.
                _ = try? quarantine(place, as: place.replacing("/", with: "-"), reason: "it should be a directory")
            }
            directory = try directory.durableSubdirectory(name)
        }
        _ = knownHooks.withLock { $0.insert(path) }
        return directory
    }

    /// The deliveries that wait in the outbox of a hook.
    public func deliveries(of hook: HookName) throws(SpoolError) -> [DeliveryName] {
        try doing("list the outbox of the hook \(hook)") { () throws(SystemError) in
            guard let outbox = try root.directoryIfUsable("\(Spool.hooks)/\(hook)/\(Spool.outbox)") else { return [] }
            return try outbox.names().compactMap { DeliveryName($0) }
        }
    }

    /// The hooks that have a directory.
    public func hookNames() -> [HookName] {
        root.directoryIfAny(Spool.hooks)?.namesIfAny().compactMap { HookName($0) }.sorted() ?? []
    }

    /// A delivery that waits: its content, of at most one byte more than ``HookMessage/longest``, and the time at which it was
    /// written; nil if it is gone, or no regular file.
    public func delivery(_ name: DeliveryName, of hook: HookName) throws(SpoolError) -> (
        content: [UInt8], written: Timestamp
    )? {
        try doing("read the delivery \(name) of the hook \(hook)") { () throws(SystemError) in
            do throws(SystemError) {
                let file = try root.foreignFile("\(Spool.hooks)/\(hook)/\(Spool.outbox)/\(name)")
                let time = try file.information().modificationTime
                let written = Timestamp(seconds: time.seconds).adding(microseconds: time.nanoseconds / 1000)
                return (try file.readStream(limit: HookMessage.longest + 1), written)
            } catch {
                guard error.isAboutFile else { throw error }
                return nil
            }
        }
    }

    /// Removes a delivery that was taken.
    public func removeDelivery(_ name: DeliveryName, of hook: HookName) throws(SpoolError) {
        try doing("remove the delivery \(name) of the hook \(hook)") { () throws(SystemError) in
            do throws(SystemError) {
                try root.remove("\(Spool.hooks)/\(hook)/\(Spool.outbox)/\(name)")
            } catch {
                if !error.isMissing { throw error }
            }
        }
    }

    /// Moves a delivery that is given up to `dead/`, which keeps the last ``mostDead``.
    public func giveUpDelivery(_ name: DeliveryName, of hook: HookName) throws(SpoolError) {
        try doing("set the delivery \(name) of the hook \(hook) aside") { () throws(SystemError) in
            let dead = try hookDirectory("\(hook)/\(Spool.dead)")
            let outbox = try hookDirectory("\(hook)/\(Spool.outbox)")
            do throws(SystemError) {
                try outbox.replace(name.description, in: dead, by: name.description)
            } catch {
                if !error.isMissing { throw error }
            }
            // Ids begin with a time, so the oldest come first.
            let names = try dead.names().compactMap { DeliveryName($0) }.sorted()
            for old in names.dropLast(Spool.mostDead) { dead.removeLeftover(old.description) }
        }
    }

    /// The content of a hook's `status`: one line; nil if there is none that can be read.
    public func hookStatus(of hook: HookName) -> String? {
        // Of a damaged one nothing is known, as of none.
        let content = try? root.contentIfUsable("\(Spool.hooks)/\(hook)/status", limit: 4096)
        return content.flatMap { $0 }.flatMap { String(validating: $0, as: UTF8.self) }
            .map { String($0.prefix { $0 != "\n" }) }
    }

    /// Publishes a hook's `status`: one line.
    public func publishHookStatus(_ line: String, of hook: HookName) throws(SpoolError) {
        try doing("publish the status of the hook \(hook)") { () throws(SystemError) in
            try hookDirectory(hook.description).publish("status", Array("\(line)\n".utf8))
        }
    }
}
