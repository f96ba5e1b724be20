internal import CLinux
internal import Glibc

extension Machine {
    /// The soft limit on open files (getrlimit(2)).
    public static var fileLimit: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Sets the soft limit on open files, to no more than the hard one.
    public static func setFileLimit(_ number: Int) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, rlim_t(clamping: number))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Gives memory that this process has freed back to the system (malloc_trim(3)). The C library keeps it otherwise, as
    /// long as something above it in the same heap is in use.
    public static func releaseMemory() {
        clinux_release_memory()
    }
}
