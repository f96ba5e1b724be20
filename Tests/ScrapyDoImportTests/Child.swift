import Glibc

/// A process that a test started.
enum Child {
    static func end(_ pid: Int32) {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
