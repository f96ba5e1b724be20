internal import Glibc
internal import LinuxSystem

/// Processes that other tests of this program start. Until they are executed they have copies of all descriptors that were open
/// when they were made (clone(2)), also of those that are closed by then.
public enum StartingProcesses {
    /// Waits until those of this moment have been executed. What this process closed before is closed then: its locks are
    /// free, and nobody else has its files open.
    public static func awaitExecution() {
        let own = program(of: getpid())
        let deadline = ContinuousClock.now + .seconds(60)
        for pid in Host.processes() where isChild(pid) {
            while program(of: pid) == own, isChild(pid), ContinuousClock.now < deadline { sched_yield() }
        }
    }

    private static func isChild(_ pid: Int32) -> Bool { ProcessFacts(pid: pid)?.parent == getpid() }

    /// The file that a process runs; nil when it has ended.
    private static func program(of pid: Int32) -> String? {
        try? Directory(path: "/proc/\(pid)").target(ofLink: "exe")
    }
}
