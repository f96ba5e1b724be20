internal import Glibc
internal import LinuxSystem

/// The processes that a lost shim left: those that have the job's `alive` open. They need not be descendants of this
/// process, and the shim may have been lost before it wrote their pids.
enum Survivors {
    /// Sends a signal to all of them that this user may inspect.
    ///
    /// - Parameter alive: the open file, which identifies them even if its name is gone.
    static func signal(_ signal: Int32, holding alive: borrowing Descriptor) {
        guard let information = alive.informationIfAny else { return }
        for pid in Host.processes() where pid != getpid() {
            // The identity is read first, so that the signal goes to the process that was inspected and not to a later
            // one with its pid.
            guard let process = ProcessIdentity(pid: pid), holds(pid, information) else { continue }
            process.open()?.sendIfPossible(signal)
        }
    }

    private static func holds(_ pid: Int32, _ file: FileInformation) -> Bool {
        // The process has ended, or is another user's.
        guard let files = try? Directory(path: "/proc/\(pid)/fd") else { return false }
        // A file that was closed meanwhile is another one.
        return files.namesIfAny().contains { (try? files.informationOfTarget($0))?.isSameFile(as: file) ?? false }
    }
}
