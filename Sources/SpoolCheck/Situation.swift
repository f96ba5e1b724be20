internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// What has to be known of a tree as a whole to judge its parts.
struct Situation {
    /// Microseconds after which a server that works has long cleared away what it clears away.
    private static let patience: Int64 = 180_000_000

    /// Whether a server works on it.
    let isServed: Bool
    /// Whether it is a copy.
    let identity: SpoolIdentity
    var isCopy: Bool { identity.isCopy }
    /// Who owns the spool: the owner of its file `format`.
    let owner: UInt32
    /// The group that may go through the spool's directories and read the code of projects, because spiders run as a
    /// user of their own; nil where nobody but the owner may. The root's mode says it.
    let guests: UInt32?
    /// The time of the check.
    let now: Timestamp

    /// Finds it out. Who repairs has the spool for himself.
    init(of spool: Spool, isRepairing: Bool) throws(SpoolError) {
        identity = try spool.identity()
        now = Timestamp(microseconds: Machine.wallClock())
        do throws(SystemError) {
            owner = try spool.root.information("format").owner
            let root = try spool.root.descriptor.information()
            guests = root.permissions & 0o070 == 0o010 ? root.group : nil
            isServed = isRepairing ? false : try Situation.isServed(spool, isCopy: identity.isCopy)
        } catch {
            throw SpoolError(error, while: "look at the spool")
        }
    }

    /// Whether somebody has the engine's lock. It is held for a moment, and never made.
    private static func isServed(_ spool: Spool, isCopy: Bool) throws(SystemError) -> Bool {
        do throws(SystemError) {
            // A server gives a copy a lock of its own: this one is held by the server of another tree, if it is.
            if isCopy, try spool.root.information("lock").links > 1 { return false }
            return try !spool.root.foreignFile("lock").tryLock()
        } catch {
            if error.isMissing { return false }
            throw error
        }
    }

    /// The finding that the server was to clear something away: a note while no server works; nothing while one may be
    /// about to; a warning when one works and has not.
    ///
    /// - Parameter changed: when it was last changed, in nanoseconds since the epoch.
    func leftover(_ path: String, _ problem: String, _ remedy: Remedy, changed: Int64) -> Finding? {
        guard isServed else { return Finding(path, .note, problem, remedy) }
        guard now.microseconds - changed / 1000 > Situation.patience else { return nil }
        return Finding(path, .warning, "\(problem), and the server does not clear it away", remedy)
    }
}
