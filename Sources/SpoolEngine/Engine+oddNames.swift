internal import LinuxSystem
internal import Logging
internal import SpoolStore

extension Engine {
    /// Sets names aside that are not UTF-8, which no hand-in and no request can have: nothing else sees them.
    func setOddNamesAside() {
        do throws(SpoolError) {
            try setOddNamesAside(in: spool.incoming, "incoming")
            try setOddNamesAside(in: spool.cancel, "cancel")
        } catch {
            logger.error("\(error)")
        }
    }

    private func setOddNamesAside(in directory: borrowing Directory, _ path: String) throws(SpoolError) {
        for name in try spool.oddNames(in: directory) {
            try spool.setAside(name, in: directory, reason: "its name is not UTF-8")
            logger.warning("\(path)/\(name) went to quarantine/: its name is not UTF-8")
        }
    }
}
