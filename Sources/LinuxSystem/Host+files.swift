internal import CLinux
internal import Glibc

extension Host {
    /// The soft limit on open files (getrlimit(2)).
    public static var fileLimit: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// The number of processors of the machine (sysconf(3)).
    public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Sets the soft limit on open files, at most to the hard limit.
    public static func setFileLimit(_ number: Int) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, rlim_t(clamping: number))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Bytes of the machine's memory (sysconf(3)).
    public static var memory: Int64 {
        let (bytes, isTooMuch) = Int64(max(0, sysconf(Int32(_SC_PHYS_PAGES))))
            .multipliedReportingOverflow(by: Int64(max(0, sysconf(Int32(_SC_PAGESIZE)))))
        return isTooMuch ? .max : bytes
    }

    /// Limits the size of files that this process and those that it starts write, and the memory that each of them
    /// may have for its data; no core is dumped (setrlimit(2)).
    public static func limitBuilds(fileSize: Int, data: Int) {
        for (resource, value) in [(RLIMIT_FSIZE, fileSize), (RLIMIT_DATA, data), (RLIMIT_CORE, 0)] {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
            limit.rlim_cur = min(limit.rlim_max, rlim_t(clamping: value))
            limit.rlim_max = limit.rlim_cur
            setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        }
    }

    /// Returns free memory of the C library's heaps to the system (malloc_trim(3)). Otherwise the C library keeps it
    /// while memory above it in the same heap is in use.
    public static func releaseMemory() {
        clinux_release_memory()
    }
}
