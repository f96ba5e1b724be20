internal import CLinux
internal import Glibc

extension Descriptor {
    /// Takes an exclusive lock on the open file if nobody else has one (flock(2), LOCK_EX|LOCK_NB).
    ///
    /// The lock belongs to the open file, so descriptors duplicated or inherited from this one hold it as well, and it
    /// is free when the last of them is closed.
    public func tryLock() throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try retrying("lock a file") { clinux_flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error.code == EWOULDBLOCK { return false }
            throw error
        }
    }

    /// Waits for an exclusive lock, or for one that is shared with others who share.
    public func lock(shared: Bool = false) throws(SystemError) {
        _ = try retrying("lock a file") { clinux_flock(number, shared ? LOCK_SH : LOCK_EX) }
    }
}
