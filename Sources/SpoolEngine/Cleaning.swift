internal import LinuxSystem
package import Logging
internal import SpoolModel
package import SpoolStore

/// The janitor's work and state. It belongs to one thread.
package final class Cleaning {
    /// The parts of the work that may fail and are tried again separately.
    enum Subject: Hashable, Comparable {
        case job(JobID), removal(JobID), use(JobID), rubbish(FileName), version(String, Int), project(String), day(
            String)
        case versions, environments, purge, look, ballast, history(String)
    }

    /// Microseconds between two listings of the whole tree.
    private static let lookInterval: Int64 = 3_600_000_000
    /// Microseconds after which an unchanged entry of `tmp/` is rubbish: longer than any work there takes.
    private static let staleAge = lookInterval / 2
    /// Jobs that are purged before their directories are deleted, so that `tmp/` does not fill up with them.
    private static let purgeBatch = 256

    package let spool: Spool
    private let logger: Logger
    private var departures: Departures
    /// The finished jobs that count against the limits.
    package internal(set) var retention = Retention()
    var clock = EvenClock()
    /// When unknown sizes are measured next, by the steady clock; nil while none is to be measured.
    var measureDue: Int64?
    /// Jobs that ended lately and are not measured yet, with their ends by the steady clock.
    var fresh: [JobID: Int64] = [:]
    private var troubles = Troubles<Subject>()
    private var rubbish: [FileName] = []
    /// The entries of `tmp/`, and since when each was seen unchanged, by the steady clock. Times of files do not serve:
    /// their clock may be set, or be another machine's.
    private var staged: [FileName: (information: FileInformation, since: Int64)] = [:]
    private var running: Set<JobID> = []
    /// For each old version that is kept: the jobs that use it, or may. No other job ever will.
    private var users: [Set<JobID>] = []
    /// Jobs that cannot be read, and keep versions.
    private var blockers: Set<JobID> = []
    private var collects = true
    /// The sizes of files of `history/` after the last attempt to shorten them, by name.
    var shortened: [String: Int64] = [:]
    private var nextLook: Int64 = 0

    /// - Parameter departures: what was removed by others.
    package init(spool: Spool, logger: Logger, departures: consuming Departures) {
        self.spool = spool
        self.logger = logger
        self.departures = departures
    }

    /// Adds the watches to the thread's queue, so that the removal of a job wakes it.
    func begin(_ queue: borrowing EventQueue) {
        do throws(SystemError) {
            try departures.add(to: queue, key: 1)
        } catch {
            // The hourly listing finds removals then.
            logger.warning("Jobs removed by hand are noticed only once an hour: \(error)")
        }
    }

    var now: Int64 { SystemClock.monotonic() }

    /// Milliseconds until the next work if no event comes before it.
    func pause(by rules: RetentionRules) -> Int {
        let dues = [troubles.nextDue, measureDue, expiryDue(by: rules)].compactMap { $0 }
        return Int(clamping: max(0, dues.reduce(nextLook, min) - now) / 1000 + 1)
    }

    /// Takes the engine's news.
    package func take(_ news: Janitor.News) {
        running = news.running
        if news.hasNewProjects { collects = true }
        rubbish += news.rubbish
        for (id, ended) in news.ended {
            departures.watch(id.day)
            endUse(by: id)
            // It may have been taken out before its end is told here, and its departure told before that.
            guard spool.contains(id) else { continue }
            retention.add(id, ended)
            fresh[id] = now
        }
    }

    /// A version whose last user has ended can be deleted.
    private func endUse(by id: JobID) {
        for index in users.indices where users[index].remove(id) != nil && users[index].isEmpty { collects = true }
    }

    /// Does all work that is due.
    func work(by rules: RetentionRules) {
        takeDepartures()
        for subject in troubles.takeDue(at: now) { tryAgain(subject) }
        if now >= nextLook { lookAtEverything() }
        measure(by: rules)
        purgeExcess(by: rules)
        if collects {
            collectVersions(keeping: rules.versions)
            collectEnvironments(unusedFor: rules.environments)
        }
        removeRubbish()
        layBallast()
    }

    private func takeDepartures() {
        let gone = departures.take()
        rubbish += departures.takeHanded()
        guard let gone else { return nextLook = now }
        for id in gone { retention.remove(id) }
    }

    private func tryAgain(_ subject: Subject) {
        switch subject {
        case .job(let id), .removal(let id): retention.add(id)
        case .rubbish(let name): rubbish.append(name)
        case .use, .version, .project, .versions, .environments: collects = true
        case .look, .day: nextLook = now
        // Tried in each round of work.
        case .purge, .ballast: break
        // Done at the next listing of the whole tree.
        case .history: break
        }
    }

    /// Logs a failure once, and schedules another try.
    func note(_ subject: Subject, _ message: String, job: JobID? = nil) {
        guard troubles.note(subject, message, at: now) else { return }
        logger.error("\(message); it is tried again", metadata: job.map { ["job": "\($0)"] })
    }

    /// Clears a failure.
    func clear(_ subject: Subject) { troubles.clear(subject) }

    /// Whether a purge has failed as a whole, and is tried again.
    var isPurgeTroubled: Bool { troubles.contains(.purge) }

    // MARK: Finished jobs

    private func lookAtEverything() {
        nextLook = now + Cleaning.lookInterval
        collects = true
        do throws(SpoolError) {
            for day in try spool.days() { departures.watch(day) }
            let (ids, failures) = try spool.allIDs()
            // Listed after the jobs: a mark is removed only after its job has ended, so a job without one has ended, or
            // is new and not yet known as active.
            let active = Set(try spool.activeIDs())
            troubles.clear(.look)
            for failure in failures { note(.day(failure.description), failure.description) }
            if failures.isEmpty, retention.count > 0 { retention.formIntersection(Set(ids)) }
            rubbish += try takeStale()
            shortenHistory()
            for id in ids
            where !active.contains(id) && !troubles.contains(.job(id)) && !troubles.contains(.removal(id)) {
                // A pinned job does not count against the limits.
                if spool.isPinned(id) { retention.remove(id) } else { retention.add(id) }
            }
        } catch {
            note(.look, error.description)
        }
    }

    private func takeStale() throws(SpoolError) -> [FileName] {
        let present = try spool.staged()
        rubbish += present.keys.filter { Spool.isHandedOver($0) && !troubles.contains(.rubbish($0)) }
        staged = staged.filter { present[$0.key] == $0.value.information }
        for (name, information) in present where staged[name] == nil { staged[name] = (information, now) }
        let stale = staged.filter { now - $0.value.since >= Cleaning.staleAge && !troubles.contains(.rubbish($0.key)) }
        for name in stale.keys { staged[name] = nil }
        return spool.takeAsRubbish(stale.keys.sorted())
    }

    private func purgeExcess(by configured: RetentionRules) {
        let wall = Timestamp(microseconds: SystemClock.wall())
        let rules = clock.rules(configured, wall: wall.microseconds, steady: now)
        guard retention.mayExceed(rules, at: wall), !troubles.isPaused(.purge, at: now) else { return }
        do throws(SpoolError) {
            try readEnds()
            while true {
                let oversized = retention.oversized(by: rules)
                let excess = retention.takeExcess(
                    by: rules, at: Timestamp(microseconds: SystemClock.wall()), atMost: Cleaning.purgeBatch)
                if excess.isEmpty { break }
                let purge = spool.purge(excess)
                rubbish += purge.rubbish
                for remark in spool.takeHistoryRemarks() { logger.warning("\(remark)") }
                for id in purge.gone {
                    troubles.clear(.job(id))
                    troubles.clear(.removal(id))
                    if let size = oversized[id] { noteOversized(id, size) }
                }
                // Apart from jobs whose end cannot be read: that of these was read just now, and is again each time.
                for (id, error) in purge.kept { note(error, id, .removal(id)) }
                for id in excess
                where !purge.gone.contains(id) && purge.kept[id] == nil && !purge.pinned.contains(id) {
                    retention.add(id)
                }
                if let failure = purge.failure { throw failure }
                removeRubbish()
            }
            troubles.clear(.purge)
        } catch {
            note(.purge, error.description)
        }
    }

    private func noteOversized(_ id: JobID, _ size: Int64) {
        logger.warning(
            "A finished job is deleted: it alone takes more room than keep-size allows",
            metadata: ["job": "\(id)", "bytes": "\(size)"])
    }

    private func note(_ error: SpoolError, _ id: JobID, _ subject: Subject? = nil) {
        note(subject ?? .job(id), "jobs/\(id.day)/\(id) is kept: \(error)", job: id)
    }

    /// Reads when jobs ended. A job that cannot be read does not count against the limits and is not deleted.
    private func readEnds() throws(SpoolError) {
        for id in retention.unread {
            do throws(SpoolError) {
                let status = try spool.directory(of: id).status()
                troubles.clear(.job(id))
                guard let end = Retention.End(of: status) else {
                    retention.remove(id)
                    continue
                }
                retention.add(id, end)
            } catch {
                guard !error.isAboutDescriptors else { throw error }
                retention.remove(id)
                if error.code == .missing, !spool.jobs.contains("\(id.day)/\(id)") {
                    troubles.clear(.job(id))
                    troubles.clear(.removal(id))
                } else {
                    // Its removal may have failed for the same reason, which is logged once.
                    note(error, id, troubles.contains(.removal(id)) ? .removal(id) : nil)
                }
            }
        }
    }

    // MARK: Old versions

    private func collectVersions(keeping count: Int) {
        collects = false
        users = []
        do throws(SpoolError) {
            let (found, failures) = try spool.oldCode()
            for (project, error) in failures { note(.project("\(project)"), error.description) }
            // Which jobs use a version is read only if one is old enough to be deleted.
            let old = found.filter { $0.isRemoved || !$0.excess(keeping: count).isEmpty }
            // Jobs that are made later may name a version.
            let seen = try old.isEmpty ? [] : Set(spool.activeIDs())
            // Read after the versions, so that jobs that started with one before it became old are included.
            let uses = old.isEmpty ? [] : try spool.versionUses(with: running)
            noteUnreadable(uses)
            for code in old { collect(code, uses, keeping: count, seen) }
            troubles.clear(.versions)
        } catch {
            note(.versions, error.description)
        }
    }

    /// Logs the jobs that cannot be read. They keep code, and are read again.
    private func noteUnreadable(_ uses: [VersionUse]) {
        let unreadable = Set(uses.filter { $0.failure != nil }.map(\.id))
        for id in blockers.subtracting(unreadable) { troubles.clear(.use(id)) }
        blockers = unreadable
        for use in uses {
            guard let failure = use.failure else { continue }
            note(
                .use(use.id), "jobs/\(use.id.day)/\(use.id) may work with an old version, which is kept: \(failure)",
                job: use.id)
        }
    }

    private func collect(_ old: Spool.OldCode, _ uses: [VersionUse], keeping count: Int, _ seen: Set<JobID>) {
        var free: [Int] = []
        for version in old.isRemoved ? old.versions : old.excess(keeping: count) {
            // A job that cannot be read may use any version.
            let users = Set(uses.filter { $0.mayBe(version, of: old.project) }.map(\.id))
            if users.isEmpty { free.append(version) } else { self.users.append(users) }
        }
        guard !free.isEmpty || old.versions.isEmpty else { return }
        // A version that a new job names stays until the next round.
        do throws(SpoolError) {
            let (rubbish, failures) = try spool.retire(free, of: old.project, knowing: seen)
            self.rubbish += rubbish
            troubles.clear(.project("\(old.project)"))
            for version in free where failures[version] == nil { troubles.clear(.version("\(old.project)", version)) }
            for (version, error) in failures { note(.version("\(old.project)", version), error.description) }
        } catch {
            note(.project("\(old.project)"), error.description)
        }
    }

    private func collectEnvironments(unusedFor age: Int) {
        do throws(SpoolError) {
            rubbish += try spool.retireEnvironments(unusedFor: age)
            troubles.clear(.environments)
        } catch {
            note(.environments, error.description)
        }
    }

    // MARK: Rubbish

    private func removeRubbish() {
        let names = rubbish
        rubbish = []
        for name in names {
            if let reason = spool.removeRubbish(name) {
                note(.rubbish(name), "tmp/\(name) cannot be deleted: \(reason)")
            } else {
                troubles.clear(.rubbish(name))
            }
        }
    }

    private func layBallast() {
        guard !troubles.isPaused(.ballast, at: now) else { return }
        do throws(SpoolError) {
            try spool.layBallast()
            troubles.clear(.ballast)
        } catch {
            note(.ballast, error.description)
        }
    }
}

extension Spool.OldCode {
    /// The versions that need not be kept: those that were deleted, and of the others all but the newest.
    fileprivate func excess(keeping count: Int) -> [Int] {
        versions.filter { deleted.contains($0) } + versions.filter { !deleted.contains($0) }.dropLast(count)
    }
}
