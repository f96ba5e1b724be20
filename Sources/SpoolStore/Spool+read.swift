internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// The directory of a job; throws `.missing` if there is none.
    public func directory(of id: JobID) throws(SpoolError) -> JobDirectory {
        do throws(SystemError) {
            return JobDirectory(try jobs.directory(id.day).directory(id.description))
        } catch {
            guard error.isMissing else { throw SpoolError(error, while: "open the job \(id)") }
            throw SpoolError(.missing, "There is no job \(id)", cause: error)
        }
    }

    /// Opens the directory of a job that is being created, in `tmp/`; nil if there is none.
    public func stagedJob(_ id: JobID) -> JobDirectory? {
        guard let directory = tmp.directoryIfAny(id.description) else { return nil }
        return JobDirectory(directory)
    }

    /// Whether an open directory is still that of a job: false if it was removed, moved away, or replaced.
    public func hasDirectory(_ directory: borrowing JobDirectory, of id: JobID) throws(SpoolError) -> Bool {
        do throws(SystemError) {
            return try jobs.information("\(id.day)/\(id)").inode == directory.directory.descriptor.information().inode
        } catch {
            guard error.isMissing else { throw SpoolError(error, while: "look for the job \(id)") }
            return false
        }
    }

    /// Reads a job; throws `.missing`, `.unreadable` or `.refused`.
    public func job(_ id: JobID) throws(SpoolError) -> Job {
        let directory = try directory(of: id)
        return try directory.job(id)
    }

    /// A job, for display; nil if it is gone or cannot be read.
    public func jobIfAny(_ id: JobID) -> Job? {
        // The answer leaves it out; a request for this job alone gets the error.
        try? job(id)
    }

    /// The directory of a job; nil if it is gone or cannot be opened.
    public func directoryIfAny(of id: JobID) -> JobDirectory? {
        // The caller leaves the job out.
        try? directory(of: id)
    }

    /// The ids of all marks in `active/`, in order. Other names are left out.
    public func activeIDs() throws(SpoolError) -> [JobID] {
        try doing("list the active jobs") { () throws(SystemError) in
            try active.names().compactMap { JobID($0) }.sorted()
        }
    }

    /// The readable parts of a job that is marked as active.
    public struct ActiveJob: Sendable {
        /// The job's id.
        public let id: JobID
        /// The job's parameters; nil if they were not read.
        public let metadata: JobMetadata?
        /// The job's status; nil if it cannot be read.
        public let status: JobStatus?
        /// The error for a part that could not be read.
        public let failure: SpoolError?

        /// The project of the job; nil if it is not known.
        public var project: ProjectName? { metadata?.project }
    }

    /// The jobs that have not ended, including those that cannot be read. Jobs that vanish meanwhile are left out.
    public func activeJobs() throws(SpoolError) -> [ActiveJob] {
        try activeIDs().compactMap { activeJob($0) { _ in true } }
    }

    /// Reads a job's status, and its metadata if the closure asks for it. The closure gets the status, nil if it cannot
    /// be read.
    ///
    /// Nil for a job that is gone or has ended.
    func activeJob(_ id: JobID, readingMetadata isWanted: (JobStatus?) -> Bool) -> ActiveJob? {
        let directory: JobDirectory
        do throws(SpoolError) {
            directory = try self.directory(of: id)
        } catch {
            return error.code == .missing ? nil : ActiveJob(id: id, metadata: nil, status: nil, failure: error)
        }
        var failure: SpoolError?
        var status: JobStatus?
        do throws(SpoolError) {
            status = try directory.status()
            if status?.state.isFinal == true { return nil }
        } catch {
            failure = error
        }
        var metadata: JobMetadata?
        if isWanted(status) {
            do throws(SpoolError) {
                metadata = try directory.metadata()
            } catch {
                failure = error
            }
        }
        // The files of a job that was moved away meanwhile are expected to be missing.
        if failure?.code == .missing, !jobs.contains("\(id.day)/\(id)") { return nil }
        return ActiveJob(id: id, metadata: metadata, status: status, failure: failure)
    }

    /// The ids of all jobs, finished or not, by day and id, and the errors for days that could not be listed.
    public func allIDs() throws(SpoolError) -> (ids: [JobID], failures: [SpoolError]) {
        var ids: [JobID] = []
        var failures: [SpoolError] = []
        for day in try days() {
            do throws(SystemError) {
                let number = JobID.dayNumber(of: day)
                ids += try jobs.directory(day).names().compactMap { JobID($0) }
                    .filter { $0.dayNumber == number }.sorted()
            } catch {
                // A day may be purged in the meantime.
                if !error.isGone { failures.append(SpoolError(error, while: "list jobs/\(day)")) }
            }
        }
        return (ids, failures)
    }

    /// At most `limit` ids of jobs that begin with a text; none for fewer than 8 digits, which do not determine a day.
    ///
    /// Ids without a day (those not of version 7) are not found.
    public func ids(beginningWith text: String, limit: Int) throws(SpoolError) -> [JobID] {
        let text = text.lowercased()
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard text.utf8.count <= 36, digits.count >= 8,
            let first = UInt64(String(decoding: digits.prefix(8), as: UTF8.self), radix: 16)
        else { return [] }
        // The first 8 digits are the upper 32 bits of the 48-bit time in milliseconds.
        let days = [first << 16, first << 16 | 0xffff].map {
            JobID(milliseconds: Int64($0), random: (0, 0)).day
        }
        var found: [JobID] = []
        for day in Set(days).sorted() where found.count < limit {
            guard jobs.contains(day) else { continue }
            let names = try doing("list jobs/\(day)") { () throws(SystemError) in try jobs.directory(day).names() }
            found += names.filter { $0.hasPrefix(text) }.compactMap { JobID($0) }.sorted()
        }
        return Array(found.prefix(limit))
    }

    /// The names of the directories of days, sorted.
    public func days() throws(SpoolError) -> [String] {
        try doing("list the days") { () throws(SystemError) in
            try jobs.names().filter { !$0.hasPrefix(".") }.sorted()
        }
    }
}

extension JobDirectory {
    /// The job in this directory. Throws `.missing`, `.unreadable` or `.refused`.
    public func job(_ id: JobID) throws(SpoolError) -> Job {
        let job = Job(metadata: try metadata(of: id), status: try status())
        guard job.status.state == .scheduled else { return job }
        return Job(metadata: job.metadata, status: job.status, pause: pause())
    }

    /// The parameters of the job in this directory. Throws `.refused` if the directory was copied or renamed by hand
    /// from another id: it is not the job with that id.
    public func metadata(of id: JobID) throws(SpoolError) -> JobMetadata {
        let metadata = try metadata()
        guard metadata.id == id else {
            throw SpoolError(.refused, "jobs/\(id.day)/\(id) is no job: its metadata.json is of the job \(metadata.id)")
        }
        return metadata
    }
}
