internal import Glibc
public import LinuxSystem

/// What room there is in a spool for something new, beside what is kept to finish the jobs that were taken.
public struct SpoolRoom: Hashable, Sendable {
    /// Whether something new can be taken.
    public enum State: String, Hashable, Sendable {
        /// It can.
        case ok
        /// It cannot before something is deleted.
        case full
        /// Nothing can be written at all.
        case readOnly = "read-only"
    }

    /// Whether something new can be taken.
    public let state: State
    /// Bytes that are free in the filesystem.
    public let freeBytes: Int64
    /// Bytes that have to be free for something new.
    let neededBytes: Int64
    /// Whether it is the inodes that lack.
    let lacksInodes: Bool

    /// - Parameter isBallastSpent: whether the ballast was given back, and room for it is wanted first.
    init(_ room: FilesystemRoom, isBallastSpent: Bool) {
        // A fiftieth where that is less: a small filesystem is of use as well.
        neededBytes = min(32 << 20, room.totalBytes / 50) + (isBallastSpent ? Spool.ballastBytes : 0)
        let neededInodes = min(1000, room.totalInodes / 50)
        lacksInodes = room.totalInodes > 0 && room.freeInodes < neededInodes
        freeBytes = room.freeBytes
        // A filesystem that says nothing of its size (some of FUSE) is taken for large enough.
        let lacksBytes = room.totalBytes > 0 && freeBytes < neededBytes
        state = room.isReadOnly ? .readOnly : lacksInodes || lacksBytes ? .full : .ok
    }

    /// Why nothing new is taken, or that it is.
    ///
    /// - Parameter path: the spool's root.
    public func remark(on path: String) -> String {
        switch state {
        case .ok: "There is room in the spool"
        case .readOnly:
            "The filesystem of the spool \(path) is read-only: nothing new is taken until it can be written again"
        case .full:
            (lacksInodes
                ? "The filesystem of the spool \(path) has hardly any inodes left"
                : "The filesystem of the spool \(path) has \(SpoolRoom.text(freeBytes)) left, and "
                    + "\(SpoolRoom.text(neededBytes)) are kept for the jobs that were taken")
                + ": nothing new is taken until there is room; lower `completed-cap`, remove projects, or delete files of "
                + "data/ or quarantine/ or from outside the spool"
        }
    }

    /// Bytes for people: `12 MiB`, of less than ten with a unit less, `512 KiB`.
    private static func text(_ bytes: Int64) -> String {
        bytes < 10 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
    }
}

extension Spool {
    /// Bytes of the file `ballast`: blocks that are kept to be given back when the disk is full and a job has to be
    /// finished, which on some filesystems (btrfs) takes blocks even where none is added.
    public static let ballastBytes: Int64 = 64 << 20

    private static let ballast = "ballast"

    /// What room there is now.
    public func room() throws(SpoolError) -> SpoolRoom {
        try doing("look at the spool's filesystem") { () throws(SystemError) in
            SpoolRoom(try root.room(), isBallastSpent: (try? root.information(Spool.ballast))?.size == 0)
        }
    }

    /// Throws `.full` or `.unwritable` when nothing new is to be taken: the rest is for what was taken before.
    public func checkRoom() throws(SpoolError) {
        let room = try room()
        switch room.state {
        case .ok: return
        case .full: throw SpoolError(.full, room.remark(on: path))
        case .readOnly: throw SpoolError(.unwritable, room.remark(on: path))
        }
    }

    /// Sets the ballast aside, where it is not and the filesystem has plenty of room for it.
    public func layBallast() throws(SpoolError) {
        try doing("set the ballast aside") { () throws(SystemError) in
            guard (try? root.information(Spool.ballast))?.size ?? 0 < Spool.ballastBytes,
                try root.room().freeBytes > 8 * Spool.ballastBytes
            else { return }
            try root.file(Spool.ballast, Spool.locking).allocate(Spool.ballastBytes)
        }
    }

    /// Gives the ballast back: a job has to be finished, and there is no room.
    public func spendBallast() {
        root.spendBallast()
    }
}

extension Directory {
    /// Gives the ballast of the spool back whose root this directory is. An empty file stays, which says so.
    public func spendBallast() {
        // Not made if it is not there: a small filesystem never had one. One that other trees share is not theirs to lose.
        guard let ballast = try? file("ballast", O_RDWR), (try? ballast.information().links) == 1 else { return }
        try? ballast.truncate(to: 0)
    }
}
