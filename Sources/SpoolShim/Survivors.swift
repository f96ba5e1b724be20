internal import Glibc
internal import LinuxSystem

/// What a lost shim left: the processes that have the job's `alive` open. They need not be descendants of anybody, and
/// the shim may have been lost before it wrote who they are.
enum Survivors {
    /// Sends a signal to all of them, as far as this user may look at them.
    ///
    /// - Parameter alive: the open file, which tells them also when its name is gone.
    static func signal(_ signal: Int32, holding alive: borrowing Descriptor) {
        guard let information = try? alive.information(), let names = try? Directory(path: "/proc").names() else {
            return
        }
        for pid in names.compactMap({ Int32($0) }) where pid != getpid() {
            // Its identity first: whoever has the number when the signal is sent is who was looked at.
            guard let process = ProcessIdentity(pid: pid), holds(pid, information) else { continue }
            // One that has ended since needs no signal.
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
