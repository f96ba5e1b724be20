internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The facts about a tree as a whole that the checks of its parts need.
struct CheckContext {
    /// Microseconds after which a working server must have removed a leftover.
    private static let patience: Int64 = 180_000_000

    /// Whether a server works on the tree.
    let isServed: Bool
    /// Whether the tree is a copy.
    let identity: SpoolIdentity
    var isCopy: Bool { identity.isCopy }
    /// The spool's owner: the owner of its file `format`.
    let owner: UInt32
    /// The group that may traverse the spool's directories and read the code of projects, because spiders run as a
    /// separate user; nil where only the owner has access. Derived from the mode of the root.
    let guests: UInt32?
    /// The time of the check.
    let now: Timestamp

    /// Examines the tree. During a repair no server works on it.
    init(of spool: Spool, isRepairing: Bool) throws(SpoolError) {
        identity = try spool.identity()
        now = Timestamp(microseconds: SystemClock.wall())
        do throws(SystemError) {
            owner = try spool.root.information("format").owner
            let root = try spool.root.descriptor.information()
            guests = root.permissions & 0o070 == 0o010 ? root.group : nil
            isServed = isRepairing ? false : try CheckContext.isServed(spool, isCopy: identity.isCopy)
        } catch {
            throw SpoolError(error, while: "look at the spool")
        }
    }

    /// Whether a process holds the engine's lock. The test takes the lock for a moment and never creates its file.
    private static func isServed(_ spool: Spool, isCopy: Bool) throws(SystemError) -> Bool {
        do throws(SystemError) {
            // A server gives a copy its own lock, so a lock that is still shared belongs to another tree's server.
            if isCopy, try spool.root.information("lock").links > 1 { return false }
            return try !spool.root.foreignFile("lock").tryLock()
        } catch {
            if error.isMissing { return false }
            throw error
        }
    }

    /// The finding of a leftover that a server should remove: a note while no server works; nil while a working server
    /// may still remove it; a warning after that.
    ///
    /// - Parameter changed: the time of its last change, in nanoseconds since the epoch.
    func leftover(_ path: String, _ problem: String, _ remedy: Remedy, changed: Int64) -> Finding? {
        guard isServed else { return Finding(path, .note, problem, remedy) }
        guard now.microseconds - changed / 1000 > CheckContext.patience else { return nil }
        return Finding(path, .warning, "\(problem), and the server does not clear it away", remedy)
    }
}
