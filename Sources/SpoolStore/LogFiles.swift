public import LinuxSystem
public import SpoolModel

/// The logs of a job.
public enum JobLog: String, CaseIterable, Sendable {
    /// The spider's standard output.
    case output = "out"
    /// Its standard error, which has Scrapy's log.
    case error = "err"

    /// The name of the file in the job's directory.
    public var file: String { "job.\(rawValue)" }
}

/// Opens logs of jobs one after the other, on one thread at a time. It keeps the directory of a day open, since neighbouring
/// jobs are mostly of the same one.
public final class LogFiles {
    private final class Day {
        let number: Int64
        let directory: Directory

        init(_ number: Int64, _ directory: consuming Directory) {
            self.number = number
            self.directory = directory
        }
    }

    private let spool: Spool
    private var day: Day?

    /// Opens no log yet.
    public init(of spool: Spool) { self.spool = spool }

    /// Opens a log for reading. Throws ENOENT for one that is not there and for a directory or a FIFO, ELOOP for a link.
    public func open(_ log: JobLog, of id: JobID) throws(SystemError) -> Descriptor {
        let path = "\(id)/\(log.file)"
        if let day, day.number == id.dayNumber {
            do throws(SystemError) {
                return try day.directory.foreignFile(path)
            } catch {
                // A directory that was removed while it was open stays empty.
                guard error.isGone, day.directory.descriptor.informationIfAny?.links == 0 else { throw error }
            }
        }
        let opened = Day(id.dayNumber, try spool.jobs.directory(id.day))
        day = opened
        return try opened.directory.foreignFile(path)
    }
}
