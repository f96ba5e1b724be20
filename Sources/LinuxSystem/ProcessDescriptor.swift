internal import CLinux
internal import Glibc

/// A stable reference to a process (pidfd).
public struct ProcessDescriptor: ~Copyable, Sendable {
    /// Readable once the process has ended.
    public let descriptor: Descriptor

    /// Opens the process that has a pid now (pidfd_open(2)); nil if there is none or it cannot be opened.
    init?(pid: Int32) {
        let number = clinux_pidfd_open(pid)
        guard number >= 0 else { return nil }
        descriptor = Descriptor(owning: number)
    }

    /// Sends a signal; a process that has ended is not an error.
    public func send(_ signal: Int32) throws(SystemError) {
        if clinux_pidfd_send_signal(descriptor.number, signal) < 0, errno != ESRCH {
            throw SystemError("send a signal")
        }
    }

    /// Sends a signal. If that is not permitted, because the process has changed its user, trying again would not help.
    public func sendIfPossible(_ signal: Int32) {
        // See above.
        try? send(signal)
    }

    /// Waits for the end of the process and reaps it if it is a child of this one (waitid(2), P_PIDFD).
    ///
    /// - Returns: the status of wait(2); nil for a process that is not a child.
    public func reap() throws(SystemError) -> Int32? {
        var status: Int32 = 0
        do throws(SystemError) {
            _ = try retrying("wait for a process") { clinux_pidfd_wait(descriptor.number, &status) }
            return status
        } catch {
            guard error.code == ECHILD else { throw error }
            return nil
        }
    }
}
