internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension Engine {
    /// Meets a request in `cancel/`.
    func cancel(_ name: FileName) {
        do throws(SpoolError) {
            let isDirectory = (try? spool.cancel.information(name))?.kind == .directory
            guard let text = name.text, let id = JobID(text), id.description == text, !isDirectory else {
                // A mkdir'ed or misnamed thing of somebody's: it is kept, with the reason.
                guard !name.isHidden else { return }
                let reason = "cancel/ takes files named by a job's id"
                try spool.setAside(name, in: spool.cancel, reason: reason)
                return logger.warning("cancel/\(name) went to quarantine/: \(reason)")
            }
            do throws(SpoolError) {
                let directory = try spool.directory(of: id)
                try cancel(id, in: directory)
            } catch {
                // What cannot be read runs on, and its shim knows it without that. The request stays until it has ended.
                if isWatched(id), spool.contains(id) { return tellToStop(id) }
                guard error.code == .missing else { throw error }
                logger.warning("A request to cancel names no job", metadata: ["job": "\(id)"])
                try spool.withdrawCancel(text)
            }
            remarks.settle(.cancel(name))
        } catch {
            guard error.code != .missing || spool.cancel.contains(name) else { return }
            // It stays, and is met as soon as it can be.
            say(.error, "The request cancel/\(name) cannot be met: \(error)", about: .cancel(name))
        }
    }

    /// Ends a job that somebody wants to end. The request stays until the job's last status is on the disk.
    func cancel(_ id: JobID, in directory: borrowing JobDirectory) throws(SpoolError) {
        let status = try directory.status()
        if let attempt = status.remoteAttempt { return try follow(id, attempt, status, in: directory) }
        switch status.state {
        case .successful, .failed, .canceled:
            look(id)
        case .running:
            if isWatched(id) {
                jobs.setRunning(id)
                counters.noteRunning(id)
            } else {
                look(id)
            }
            tellToStop(id)
            if !isWatched(id) { try endForeign(id, in: directory) }
        case .pending, .scheduled:
            guard let lock = try directory.tryLock() else { return }
            try cancel(id, in: directory, lock: lock)
        }
    }

    /// Ends what looks like a running job and is a copy of one, which nobody runs.
    private func endForeign(_ id: JobID, in directory: borrowing JobDirectory) throws(SpoolError) {
        guard try directory.metadata().id != id, let lock = try directory.tryLock() else { return }
        defer { withExtendedLifetime(lock) {} }
        try finish(id, try directory.status(), as: .canceled, in: directory)
    }

    /// Ends a job that does not run. The caller has the job's lock.
    func cancel(
        _ id: JobID, in directory: borrowing JobDirectory, lock: borrowing Descriptor
    ) throws(SpoolError) {
        defer { _ = lock.number }
        var status = try directory.status()
        guard status.state == .pending || status.state == .scheduled, status.remoteAttempt == nil else { return }
        status.firing = nil
        try finish(id, status, as: .canceled, in: directory)
        logger.info("Canceled", metadata: ["job": "\(id)"])
    }

    /// Ends a job of a held copy that ran when the copy was taken, and does not run here, if somebody wants it to end. The
    /// caller has the job's lock.
    func cancelInCopy(
        _ id: JobID, in directory: borrowing JobDirectory, lock: borrowing Descriptor
    ) throws(SpoolError) {
        defer { _ = lock.number }
        guard spool.hasCancelRequest(id) else { return }
        let status = try directory.status()
        guard status.state == .running else { return look(id) }
        // Processes of the job that outlived its shim are the spool's own: they would go on.
        guard try !directory.hasSurvivors() else { return }
        try finish(id, status, as: .canceled, in: directory)
        logger.info("Canceled in a copy", metadata: ["job": "\(id)"])
    }

    /// Writes the last status of a job that nobody else may write any more.
    func finish(
        _ id: JobID, _ status: JobStatus, as state: JobState, in directory: borrowing JobDirectory
    ) throws(SpoolError) {
        var status = status
        status.state = state
        status[.at] = now
        status[.ended] = status[.at]
        if state == .canceled { status[.canceledBy] = spool.canceler(of: id) }
        do throws(SpoolError) {
            try directory.finish(status)
        } catch {
            guard error.code == .full else { throw error }
            spool.spendBallast()
            try directory.finish(status)
        }
        try settle(id)
    }
}
