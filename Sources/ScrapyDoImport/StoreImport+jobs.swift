internal import ForeignStore
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension StoreImport {
    /// Imports the jobs that are finished, or those that are not.
    func importJobs(finished: Bool, _ step: () -> Void) throws(ImportError) {
        do throws(SQLiteRowsError<ImportError>) {
            try store.schedule.jobs(finished: finished) { (row: ScrapyDoJob) throws(ImportError) in
                try importJob(row)
                step()
            }
        } catch {
            switch error {
            case .database(let error): throw ImportError(error, path: "schedule.db", of: "scrapy-do")
            case .body(let error): throw error
            }
        }
    }

    private func importJob(_ row: ScrapyDoJob) throws(ImportError) {
        do throws(Obstacle) {
            let job = try row.job(zones: timeZones, now: now, using: &generator)
            let isTaken = try ledger?.has(job.id) == true ? false : take(job, row)
            count(job, isTaken: isTaken)
            do throws(ImportError) {
                // Written at once for an unfinished job, so that a later import does not run it again.
                try ledger?.note("job \(job.id)", isUrgent: !job.status.state.isFinal)
            } catch {
                throw .stop(error)
            }
        } catch {
            switch error {
            case .skip(let reason): skip("job \(row.identifier.prefix(100))", reason)
            case .stop(let error): throw error
            }
        }
    }

    private func count(_ job: Job, isTaken: Bool) {
        let tally: WritableKeyPath<ImportReport, ImportReport.Tally> =
            switch job.status.state {
            case .scheduled: \.scheduled
            case .pending, .running: \.pending
            case .successful, .failed, .canceled: \.finished
            }
        report[keyPath: tally].count(isTaken: isTaken)
        if isTaken, job.status[.interrupted] != nil { report.interrupted += 1 }
    }

    /// Creates the job. Returns false if the spool has a job with its id meanwhile.
    private func take(_ job: Job, _ row: ScrapyDoJob) throws(Obstacle) -> Bool {
        do throws(SpoolError) {
            if job.status.state.isFinal {
                try makeFinished(job, row)
            } else {
                try makeUnfinished(job)
            }
            return true
        } catch {
            if error.code == .taken { return false }
            throw Obstacle(error)
        }
    }

    /// An unfinished job needs its project and its spider in the spool, as in a request to the API.
    private func makeUnfinished(_ job: Job) throws(SpoolError) {
        let missing = SpoolError(
            .refused, "there is no spider \(job.metadata.project)/\(job.metadata.spider) in the spool")
        guard !isDryRun, let spool else {
            guard isKnown(job.metadata) else { throw missing }
            return
        }
        try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
            // A project whose file is damaged counts as missing; the job is skipped and reported.
            guard let project = try spool.projectIfReadable(job.metadata.project),
                project.spiders.contains(job.metadata.spider)
            else { throw missing }
            try spool.create(job)
        }
    }

    /// Whether the spool would have a spider after the import.
    private func isKnown(_ metadata: JobMetadata) -> Bool {
        // A project that cannot be read counts as missing, as in the import.
        let present = try? spool?.project(metadata.project).spiders
        return (present ?? triedOut[metadata.project] ?? []).contains(metadata.spider)
    }

    // MARK: Logs

    private func makeFinished(_ job: Job, _ row: ScrapyDoJob) throws(SpoolError) {
        let logs = StoredLogs(out: log("\(row.identifier).out"), err: log("\(row.identifier).err"))
        if !isDryRun, let spool {
            // scrapy-do removes empty logs, but a job that ran has logs in the spool in any case.
            try spool.createFinished(job, hasLogs: row.duration != nil || logs.count > 0) {
                (out: borrowing Descriptor, err: borrowing Descriptor) throws(SystemError) in
                _ = try logs.copy(to: out, err)
            }
        }
        report.logs += logs.count
        report.logBytes += logs.bytes
    }

    private func log(_ name: String) -> Descriptor? {
        do throws(SystemError) {
            return try store.logs?.foreignFile(name)
        } catch {
            if !error.isMissing { skip("log \(name)", "it cannot be read: \(error.reason)") }
            return nil
        }
    }
}
