internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Starts by a warm parent, where warm starts are on.
extension Engine {
    /// A shim that waits for its start.
    struct Launch: ~Copyable {
        let shim: PreparedShim
        /// The attempt that it may claim.
        let attempt: String
        /// The fact `start` of the job; nil where warm starts are off.
        let way: String?

        /// Returns the shim alone.
        consuming func takeShim() -> PreparedShim { shim }
    }

    /// Makes the shim of a job: from a warm parent if that can be, else by a cold start under an attempt of its own.
    func launch(_ candidate: Candidate) throws(StartFailure) -> Launch {
        let attempt = newAttempt()
        guard settings.isWarm else {
            return Launch(shim: try spawnShim(of: candidate, attempt), attempt: attempt, way: nil)
        }
        let reason: ColdReason
        do throws(ColdReason) {
            let shim = try startWarm(candidate, attempt)
            return Launch(shim: shim, attempt: attempt, way: JobStatus.warmStart)
        } catch {
            reason = error
        }
        // What is left of the warm start, if anything, cannot claim this attempt.
        let another = newAttempt()
        return Launch(
            shim: try spawnShim(of: candidate, another), attempt: another, way: JobStatus.coldStart("\(reason)"))
    }

    private func startWarm(_ candidate: Candidate, _ attempt: String) throws(ColdReason) -> PreparedShim {
        // A parent that is root could change its user, but not one that others may signal and trace.
        guard settings.account == nil else { throw .user }
        let origin = WarmParent.Origin(
            scrapy: settings.scrapy, report: settings.hasReports ? reportHook?.file ?? "" : "",
            environment: settings.environment, fileLimit: settings.fileLimit)
        let parent = try warm.parent(origin, for: candidate.metadata.id)
        let data: String
        do throws(SystemError) {
            data = try spool.dataDirectory(of: candidate.metadata.project, for: nil)
        } catch {
            // The cold start reports it.
            throw .none
        }
        let command = executor.shimCommand(
            for: candidate.metadata, attempt: attempt, dataDirectory: data, rules: rules(for: candidate.metadata))
        return try warm.start(
            command, by: parent, in: candidate.job.directory.directory, lock: candidate.lock.descriptor)
    }
}
