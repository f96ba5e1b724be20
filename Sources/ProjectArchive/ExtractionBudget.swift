/// Counts the extraction of one archive against its limits.
struct ExtractionBudget {
    let limits: ArchiveLimits
    let format: ArchiveFormat
    let archiveBytes: Int64
    let deadline: Deadline
    private var headers = 0
    private var fileBytes: Int64 = 0
    private(set) var bytes: Int64 = 0

    init(limits: ArchiveLimits, format: ArchiveFormat, archiveBytes: Int64, deadline: Deadline) {
        self.limits = limits
        self.format = format
        self.archiveBytes = archiveBytes
        self.deadline = deadline
    }

    /// Counts the entry that begins.
    mutating func countEntry() throws(ArchiveError) {
        headers += 1
        fileBytes = 0
        try check(entries: headers)
        try deadline.check()
    }

    /// Counts bytes before they are written.
    mutating func count(bytes count: Int) throws(ArchiveError) {
        fileBytes += Int64(count)
        bytes += Int64(count)
        guard fileBytes <= limits.fileBytes else {
            throw tooLarge("a file of it has more than \(limits.fileBytes) bytes")
        }
        guard bytes <= limits.bytes else { throw tooLarge("it unpacks to more than \(limits.bytes) bytes") }
        let (allowed, unlimited) = limits.ratio.multipliedReportingOverflow(by: archiveBytes)
        guard bytes <= limits.ratioFloor || unlimited || bytes <= allowed else {
            throw tooLarge(
                "it unpacks to more than \(limits.ratio) times its own size; pack it without compression (`zip -0`, or a plain"
                    + " tar)")
        }
        try deadline.check()
    }

    func check(entries: Int) throws(ArchiveError) {
        guard entries <= limits.entries else {
            throw tooLarge("it has more than \(limits.entries) files and directories")
        }
    }

    func check(links: Int) throws(ArchiveError) {
        guard links <= limits.links else { throw tooLarge("it has more than \(limits.links) symbolic links") }
    }

    private func tooLarge(_ detail: String) -> ArchiveError {
        .tooLarge(format, detail)
    }
}
