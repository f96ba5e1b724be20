internal import CReport
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Writes the module by which crawls report into the spool if it is missing. Without it, jobs run but have no counts at
    /// their ends.
    func prepareReports() {
        guard settings.hasReports, reportHook?.isThere != true else { return }
        var count = 0
        let bytes = creport_hook(&count)
        let content = Array(UnsafeBufferPointer(start: bytes, count: count))
        reportHook = nil
        do throws(SpoolError) {
            reportHook = try ReportHook(in: spool, content: content)
            if reportHook == nil {
                say(
                    .warning,
                    "Crawls do not report, and have no remote control: the path of the spool has a colon, which PYTHONPATH "
                        + "cannot have",
                    about: .reports)
            } else {
                remarks.clear(.reports)
            }
        } catch {
            say(.error, "Crawls do not report, which is tried again: \(error)", about: .reports)
        }
    }
}
