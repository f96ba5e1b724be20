internal import CLinux
internal import Glibc

/// A process identified by its pid and start time, which are unique within one boot of the machine.
public struct ProcessIdentity: Hashable, Sendable {
    /// The pid.
    public let pid: Int32
    /// The start time in clock ticks since boot (field 22 of `/proc/PID/stat`, proc(5)).
    public let ticks: Int

    /// An identity that was read elsewhere.
    public init(pid: Int32, ticks: Int) {
        self.pid = pid
        self.ticks = ticks
    }

    /// The identity of the process that has a pid now, zombies included; nil if there is none.
    public init?(pid: Int32) {
        guard let facts = ProcessFacts(pid: pid) else { return nil }
        self.init(pid: pid, ticks: facts.ticks)
    }

    /// Opens the process (pidfd_open(2)); nil if it is gone or its pid belongs to another process by now.
    public func open() -> ProcessDescriptor? {
        guard let descriptor = ProcessDescriptor(pid: pid) else { return nil }
        // Compared after opening: the descriptor cannot change to another process from here on.
        guard ProcessIdentity(pid: pid) == self else { return nil }
        return descriptor
    }
}
