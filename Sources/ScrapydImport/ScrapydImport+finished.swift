internal import ForeignStore
internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension ScrapydImport {
    /// Imports the finished jobs of a database.
    func importFinished(_ database: OpenDatabase) throws(ImportError) {
        do throws(SQLiteRowsError<ImportError>) {
            try database.database.finished { (row: ScrapydDatabase.Finished) throws(ImportError) in
                defer { didStep() }
                do throws(Obstacle) {
                    try importFinished(row)
                } catch {
                    try handle(error, of: "finished job \(row.project)/\(row.spider)/\(row.job)")
                }
            }
        } catch {
            switch error {
            case .database(let error): skip("the rest of the finished jobs in \(database.name).db", error.message)
            case .body(let error): throw error
            }
        }
    }

    private func importFinished(_ row: ScrapydDatabase.Finished) throws(Obstacle) {
        let (project, spider) = try names(row.project, row.spider, row.job)
        guard let start = LocalTime.civil(row.start), let end = LocalTime.civil(row.end) else {
            throw .skip("its times are none")
        }
        let zone = timeZones.local
        let began = zone.instant(of: start)
        // An hour that the clock repeats is the first one, unless the job had not begun by then.
        let ended = zone.instants(of: end).first { $0 >= began } ?? zone.instant(of: end)
        let id = DerivedID.id(
            at: began, ["finished", row.project, row.spider, row.job, row.start, row.end, "\(row.row)"])
        let log = log(project, spider, row.job)
        ownedLogs.insert("\(project)/\(spider)/\(row.job)")
        let told = try finding { () throws(SystemError) in try LogEnd.of(log, in: zone) }
        let hasLog = log != nil
        try make(job(id, project, spider, row.job, from: began, to: ended, told), log, hasLog: hasLog)
    }

    /// Imports the logs that no finished job has as jobs: scrapyd forgets finished jobs at its end, and keeps their logs.
    func importOtherLogs() throws(ImportError) {
        guard let root = store.logs?.directoryIfAny(".") else { return }
        for (project, kind) in names(in: root, called: "logs") where kind == .directory {
            guard let above = directory(project, in: root, called: "logs/\(project)") else { continue }
            for (spider, kind) in names(in: above, called: "logs/\(project)") where kind == .directory {
                let shown = "logs/\(project)/\(spider)"
                guard let place = directory(spider, in: above, called: shown) else { continue }
                for (file, _) in names(in: place, called: shown) where !file.hasSuffix(".json") {
                    do throws(Obstacle) {
                        guard file.hasSuffix(".log") else { throw .skip("it is no log of a job") }
                        try importLog(project, spider, String(file.dropLast(4)))
                    } catch {
                        try handle(error, of: "\(shown)/\(file)")
                    }
                }
            }
        }
    }

    private func importLog(_ projectName: String, _ spiderName: String, _ job: String) throws(Obstacle) {
        guard !ownedLogs.contains("\(projectName)/\(spiderName)/\(job)") else { return }
        let (project, spider) = try names(projectName, spiderName, job)
        let zone = timeZones.local
        guard let root = store.logs?.directoryIfAny(".") else { return }
        let log = try opened(path(project, spider, "\(job).log"), in: root)
        let information: FileInformation
        let end: LogEnd
        do throws(SystemError) {
            information = try log.information()
            end = try LogEnd(of: log, in: zone)
        } catch {
            throw .skip("it cannot be read: \(error.reason)")
        }
        if let process = store.openFiles.process(holding: information) {
            throw .skip("process \(process) writes it: import again when that has ended")
        }
        let ended = min(Timestamp(microseconds: information.modified / 1000), now)
        let began = end.start.map { min($0, ended) } ?? ended
        let id = DerivedID.id(at: began, ["log", projectName, spiderName, job])
        try make(self.job(id, project, spider, job, from: began, to: ended, end), log, hasLog: true)
    }

    /// Opens a file of the store that another user may have made.
    func opened(_ path: RelativePath, in place: borrowing Directory) throws(Obstacle) -> Descriptor {
        do throws(SystemError) {
            return try place.foreignFile(path)
        } catch {
            throw .skip("it cannot be read: \(error.reason)")
        }
    }

    // MARK: Making

    private func names(
        _ project: String, _ spider: String, _ job: String
    ) throws(Obstacle) -> (ProjectName, SpiderName) {
        guard let projectName = ProjectName(project) else { throw .skip("\"\(project)\" cannot name a project here") }
        guard let spiderName = SpiderName(spider) else { throw .skip("\"\(spider)\" cannot name a spider here") }
        guard ClientRequest.isID(job) else { throw .skip("its id cannot be the name of a file") }
        return (projectName, spiderName)
    }

    private func job(
        _ id: JobID, _ project: ProjectName, _ spider: SpiderName, _ name: String, from began: Timestamp,
        to ended: Timestamp, _ end: LogEnd?
    ) -> Job {
        var metadata = JobMetadata(
            id: id, actor: .user, schedule: "now", project: project, spider: spider, description: "", payload: "{}",
            created: began)
        metadata.client = ClientRequest(id: name)
        var status = JobStatus(end?.state ?? .successful, at: ended)
        status[.started] = began
        status[.ended] = ended
        status[.finish] = end?.reason
        return Job(metadata: metadata, status: status)
    }

    private func path(_ project: ProjectName, _ spider: SpiderName, _ file: String) -> RelativePath {
        RelativePath([FileName(project.description), FileName(spider.description), FileName(file)])
    }

    /// The log of a finished job; nil if there is none, or it cannot be read.
    private func log(_ project: ProjectName, _ spider: SpiderName, _ job: String) -> Descriptor? {
        guard let root = store.logs?.directoryIfAny(".") else { return nil }
        do throws(SystemError) {
            return try root.foreignFile(path(project, spider, "\(job).log"))
        } catch {
            if !error.isMissing { skip("log \(project)/\(spider)/\(job).log", "it cannot be read: \(error.reason)") }
            return nil
        }
    }

    /// Makes a finished job with its log, and the link to that.
    private func make(_ job: Job, _ log: consuming Descriptor?, hasLog: Bool) throws(Obstacle) {
        let isTaken = try ledger?.has(job.metadata.id) != true
        report.finished.count(isTaken: isTaken)
        if isTaken {
            let logs = StoredLogs(out: nil, err: log)
            report.logs += logs.count
            report.logBytes += logs.bytes
            if !isDryRun, let spool {
                do throws(SpoolError) {
                    try spool.createFinished(job, hasLogs: hasLog) {
                        (out: borrowing Descriptor, err: borrowing Descriptor) throws(SystemError) in
                        _ = try logs.copy(to: out, err)
                    }
                    if hasLog { try spool.linkLog(of: job.metadata) }
                } catch {
                    if error.code != .taken { throw Obstacle(error) }
                }
            }
        }
        do throws(ImportError) {
            try ledger?.note("job \(job.metadata.id)", isUrgent: false)
        } catch {
            throw .stop(error)
        }
    }

    private func finding(_ body: () throws(SystemError) -> LogEnd?) throws(Obstacle) -> LogEnd? {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .skip("its log cannot be read: \(error.reason)")
        }
    }
}

extension LogEnd {
    /// The end of a log; nil without one.
    fileprivate static func of(_ log: borrowing Descriptor?, in zone: TimeZoneRules) throws(SystemError) -> LogEnd? {
        switch log {
        case .some(let log): try LogEnd(of: log, in: zone)
        case .none: nil
        }
    }
}
