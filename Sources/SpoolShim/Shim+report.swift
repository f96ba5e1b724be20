internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The report of the crawl, and the resources that it used.
extension Shim {
    /// Makes the directory for the spider's report, if the engine wants one. If that fails, the job runs without a
    /// report.
    mutating func prepareReport() {
        guard getenv("SPOOL_REPORT") != nil else { return }
        // See above.
        canReport = (try? job.makeReport(for: options.account)) != nil
        if !canReport { unsetenv("SPOOL_REPORT") }
    }

    /// Copies the report into the status.
    mutating func takeReport() {
        guard canReport else { return }
        switch job.readReport() {
        case .none where job.hasReport: break
        // Without a directory the spider has removed it.
        case .none, .bad: status[.report] = "bad"
        case .some(let report):
            self.report = report
            status[.finish] = report.finish
            for fact in JobStatus.NumberFact.allCases {
                if let count = report.counts[fact] { status[fact] = count }
            }
        }
    }

    /// Flushes the statistics. A failure costs only them, after a loss of power.
    func flushReport() {
        // See above.
        try? job.flushReport()
    }

    /// Copies the resource usage of the spider's processes into the status (getrusage(2)).
    mutating func noteUsage(_ usage: rusage) {
        status[.peakMemory] = max(0, usage.ru_maxrss)
        let times = [usage.ru_utime, usage.ru_stime]
        status[.processorTime] = times.reduce(0) { $0 + max(0, $1.tv_sec) * 1000 + max(0, Int($1.tv_usec)) / 1000 }
    }
}
