internal import LinuxSystem
public import SpoolModel
public import SpoolStore

/// The items that earlier imports have taken, from the spool's file `imported`, and the locks of an import.
public final class ImportLedger {
    private let spool: Spool?
    private let present: Spool?
    private let locks: [LockHolder]
    private var imported: Set<String> = []
    private var unwritten: [String] = []

    /// Takes the locks and reads the file.
    ///
    /// - Parameter spool: nil in a dry run, which changes nothing.
    /// - Parameter present: the spool to read; nil if there is none yet.
    public init(writing spool: Spool?, reading present: Spool?) throws(ImportError) {
        self.spool = spool
        self.present = present
        do throws(SpoolError) {
            locks =
                try spool.map { spool throws(SpoolError) in
                    [LockHolder(try spool.takeImportLock())] + (try ImportLedger.engineLock(of: spool))
                } ?? []
            imported = try present?.importedNames() ?? []
        } catch {
            throw ImportError(error)
        }
    }

    /// The engine's lock, which keeps a server from starting: it would empty `tmp/`, where the import writes. None if a
    /// server is running, since it has done that before.
    private static func engineLock(of spool: Spool) throws(SpoolError) -> [LockHolder] {
        do throws(SpoolError) {
            return [LockHolder(try spool.takeEngineLock())]
        } catch {
            if error.code == .busy { return [] }
            throw error
        }
    }

    /// Whether an earlier import had an item, even if the item is gone since.
    public func has(_ name: String) -> Bool { imported.contains(name) }

    /// Whether the spool has a job, or an earlier import had it.
    public func has(_ id: JobID) throws(Obstacle) -> Bool {
        if has("job \(id)") { return true }
        guard let present else { return false }
        do throws(SpoolError) {
            _ = try present.directory(of: id)
            return true
        } catch {
            guard error.code == .missing else { throw .stop(ImportError(error)) }
            return false
        }
    }

    /// Notes an item that the spool has now; at once if `isUrgent`, because a duplicate would do harm. A name has no line feed.
    public func note(_ name: String, isUrgent: Bool) throws(ImportError) {
        guard spool != nil, imported.insert(name).inserted else { return }
        unwritten.append(name)
        if isUrgent || unwritten.count >= 500 { try write() }
    }

    /// Writes the noted items.
    public func write() throws(ImportError) {
        guard let spool, !unwritten.isEmpty else { return }
        let names = unwritten
        unwritten = []
        do throws(SpoolError) {
            try spool.noteImported(names)
        } catch {
            throw ImportError(error)
        }
    }
}

/// Holds a lock until its last reference is gone.
private final class LockHolder {
    let lock: Descriptor

    init(_ lock: consuming Descriptor) {
        self.lock = lock
    }
}
