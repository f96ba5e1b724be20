internal import Glibc
internal import LinuxSystem

/// Files without a name: the kernel frees them when they are closed, however the program ends.
enum AnonymousFile {
    /// Makes one for reading and writing in TMPDIR, by default /tmp.
    static func make() throws(SystemError) -> Descriptor {
        let folder = Host.environment("TMPDIR") ?? "/tmp"
        // __O_TMPFILE
        //
        // O_DIRECTORY (open(2)), which Glibc's module does not import.
        let temporary = 0o20_000_000 | O_DIRECTORY
        let number = open(folder, temporary | O_RDWR | O_EXCL | O_CLOEXEC, 0o600)
        if number >= 0 { return Descriptor(owning: number) }
        // Not every filesystem supports O_TMPFILE; on others the file has a name for a moment.
        var template = Array("\(folder)/scrapy-spool-XXXXXX".utf8CString)
        let named = mkstemp(&template)
        guard named >= 0 else { throw SystemError("make a temporary file in \(folder)") }
        _ = fcntl(named, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return Descriptor(owning: named)
    }
}
