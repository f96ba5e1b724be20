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
        if let early = takeEarly(for: candidate.job), let shim = early.takeShim() {
            return Launch(shim: shim, attempt: early.attempt, way: early.way)
        }
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
        // The rest of the warm start, if there is any, cannot claim this attempt.
        let another = newAttempt()
        return Launch(
            shim: try spawnShim(of: candidate, another), attempt: another, way: JobStatus.coldStart("\(reason)"))
    }

    /// Why a job would start cold now; nil if it would start warm. A parent that is missing is started.
    func coldReason(of metadata: JobMetadata) -> ColdReason? {
        do throws(ColdReason) {
            _ = try warmParent(for: metadata)
            return nil
        } catch {
            return error
        }
    }

    private func warmParent(for metadata: JobMetadata) throws(ColdReason) -> WarmParent {
        // A parent that is root could change its user, but not one that others may signal and trace.
        guard settings.account == nil else { throw .user }
        var origin = WarmParent.Origin(
            scrapy: settings.scrapy, report: settings.hasReports ? reportHook?.file ?? "" : "",
            environment: settings.environment, fileLimit: settings.fileLimit, libraries: settings.warmLibraries,
            exitsFast: settings.exitsFast)
        if let place = try environmentPlace(of: metadata) {
            origin.scrapy = VersionEnvironment.scrapy(in: place)
            origin.environment = VersionEnvironment.variables(origin.environment, in: place)
        }
        return try warm.parent(origin, for: metadata.id)
    }

    private func startWarm(_ candidate: Candidate, _ attempt: String) throws(ColdReason) -> PreparedShim {
        let parent = try warmParent(for: candidate.metadata)
        let data: String
        do throws(SystemError) {
            data = try spool.dataDirectory(of: candidate.metadata.project, for: nil)
        } catch {
            // The cold start reports it.
            throw .code
        }
        let command = executor.shimCommand(
            for: candidate.metadata, attempt: attempt, dataDirectory: data, rules: rules(for: candidate.metadata))
        return try warm.start(
            command, by: parent, in: candidate.job.directory.directory, lock: candidate.lock.descriptor)
    }

    /// The virtual environment in which a job would run now; nil for the server's Scrapy. The shim, which reads the version
    /// from the status, has the last word: a spider of another environment's parent does not become its own.
    private func environmentPlace(of metadata: JobMetadata) throws(ColdReason) -> String? {
        do throws(SpoolError) {
            let version = try spool.version(for: metadata, of: try spool.project(metadata.project))
            guard let key = try spool.environmentKey(of: metadata.project, version: version) else { return nil }
            guard spool.contains(key) else { throw SpoolError(.missing, "There is no environment \(key)") }
            return "\(spool.path(of: key))/\(Spool.python)"
        } catch {
            // The cold start reports it, or has it built.
            throw .code
        }
    }
}
