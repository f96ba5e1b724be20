internal import CLinux
internal import Glibc

extension Descriptor {
    /// Takes an exclusive lock on the open file (flock(2), LOCK_EX|LOCK_NB); false if another open file of it has a
    /// lock.
    ///
    /// The lock belongs to the open file description: duplicated and inherited descriptors hold it as well, and it is
    /// released when the last of them is closed.
    public func tryLock() throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try retrying("lock a file") { clinux_flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error.code == EWOULDBLOCK { return false }
            throw error
        }
    }

    /// Waits for an exclusive lock, or for a shared one.
    public func lock(shared: Bool = false) throws(SystemError) {
        _ = try retrying("lock a file") { clinux_flock(number, shared ? LOCK_SH : LOCK_EX) }
    }
}
