internal import Glibc
internal import LinuxSystem

/// The processes that a lost shim left: those that have the job's `alive` open. They need not be descendants of this
/// process, and the shim may have been lost before it wrote their pids.
enum Survivors {
    /// Sends a signal to all of them that this user may inspect.
    ///
    /// - Parameter alive: the open file, which identifies them even if its name is gone.
    static func signal(_ signal: Int32, holding alive: borrowing Descriptor) {
        guard let information = try? alive.information(), let names = try? Directory(path: "/proc").names() else {
            return
        }
        for pid in names.compactMap({ Int32($0) }) where pid != getpid() {
            // The identity is read first, so that the signal goes to the process that was inspected and not to a later
            // one with its pid.
            guard let process = ProcessIdentity(pid: pid), holds(pid, information) else { continue }
            // A process that has ended needs no signal.
            try? process.open()?.send(signal)
        }
    }

    private static func holds(_ pid: Int32, _ file: FileInformation) -> Bool {
        guard let files = try? Directory(path: "/proc/\(pid)/fd"), let numbers = try? files.names() else {
            return false
        }
        return numbers.contains { (try? files.informationOfTarget($0)).map { $0.isSameFile(as: file) } ?? false }
    }
}
