internal import Glibc
public import LinuxSystem

/// The space for new jobs and projects in a spool, apart from a reserve for finishing accepted jobs.
public struct DiskSpace: Hashable, Sendable {
    /// Whether new work is accepted.
    public enum State: String, Hashable, Sendable {
        /// Accepted.
        case ok
        /// Refused until something is deleted.
        case full
        /// Nothing can be written.
        case readOnly = "read-only"
    }

    /// Whether new work is accepted.
    public let state: State
    /// Free bytes of the filesystem.
    public let freeBytes: Int64
    /// Bytes that have to be free for new work.
    let neededBytes: Int64
    /// Whether inodes are the resource that is short.
    let lacksInodes: Bool

    /// - Parameter isBallastSpent: whether the ballast was given back, so that its space is needed in addition.
    init(_ room: FilesystemRoom, isBallastSpent: Bool) {
        // A fiftieth if that is less, so that small filesystems can be used as well.
        neededBytes = min(32 << 20, room.totalBytes / 50) + (isBallastSpent ? Spool.ballastBytes : 0)
        let neededInodes = min(1000, room.totalInodes / 50)
        lacksInodes = room.totalInodes > 0 && room.freeInodes < neededInodes
        freeBytes = room.freeBytes
        // A filesystem that reports no size (some with FUSE) counts as large enough.
        let lacksBytes = room.totalBytes > 0 && freeBytes < neededBytes
        state = room.isReadOnly ? .readOnly : lacksInodes || lacksBytes ? .full : .ok
    }

    /// A message about the state.
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
                : "The filesystem of the spool \(path) has \(DiskSpace.text(freeBytes)) left, and "
                    + "\(DiskSpace.text(neededBytes)) are kept for the jobs that were taken")
                + ": nothing new is taken until there is room; lower `completed-cap`, remove projects, or delete files of "
                + "data/ or quarantine/ or from outside the spool"
        }
    }

    /// A size for display: `12 MiB`; below 10 MiB in KiB, `512 KiB`.
    private static func text(_ bytes: Int64) -> String {
        bytes < 10 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
    }
}

extension Spool {
    /// The size of the file `ballast` in bytes: blocks that are freed when the disk is full and a job has to be
    /// finished, which on some filesystems (btrfs) needs blocks even if none is added.
    public static let ballastBytes: Int64 = 64 << 20

    private static let ballast = "ballast"

    /// The current space.
    public func room() throws(SpoolError) -> DiskSpace {
        try doing("look at the spool's filesystem") { () throws(SystemError) in
            DiskSpace(try root.room(), isBallastSpent: try root.informationIfPresent(Spool.ballast)?.size == 0)
        }
    }

    /// Throws `.full` or `.unwritable` if new work is refused: the reserve is for accepted jobs.
    public func checkRoom() throws(SpoolError) {
        let room = try room()
        switch room.state {
        case .ok: return
        case .full: throw SpoolError(.full, room.remark(on: path))
        case .readOnly: throw SpoolError(.unwritable, room.remark(on: path))
        }
    }

    /// Allocates the ballast if it is missing or was spent, and the filesystem has ample space.
    public func layBallast() throws(SpoolError) {
        try doing("set the ballast aside") { () throws(SystemError) in
            guard try root.informationIfPresent(Spool.ballast)?.size ?? 0 < Spool.ballastBytes,
                try root.room().freeBytes > 8 * Spool.ballastBytes
            else { return }
            try root.file(Spool.ballast, Spool.locking).allocate(Spool.ballastBytes)
        }
    }

    /// Frees the ballast, so that a job can be finished on a full disk.
    public func spendBallast() {
        root.spendBallast()
    }
}

extension Directory {
    /// Frees the ballast of the spool with this root directory. The empty file stays as the sign that it was spent.
    public func spendBallast() {
        do throws(SystemError) {
            // Not created if it is missing: a small filesystem never had one. A ballast with other hard links is kept,
            // because other trees share its blocks.
            let ballast = try file("ballast", O_RDWR)
            if try ballast.information().links == 1 { try ballast.truncate(to: 0) }
        } catch {
            // Without its room, what needs it fails with ENOSPC again.
        }
    }
}
