import Scheduling
import SpoolEngine
import SpoolModel
import Testing
import TimeZones

/// A tree, its shims and its engine, as far as the reconciler can tell: what the real ones do with files and processes, this
/// does with values. The engine may be killed between any two of its steps.
struct World {
    /// What is in the tree of a job.
    struct Entry {
        var status: JobStatus
        var facts: JobSight.Facts
        var isMarked = true
        var isCancelRequested = false
        /// The attempts that are taken, by a shim or by the engine.
        var claims: Set<String> = []
        /// Those of them that the engine has taken.
        var claimsOfEngine: Set<String> = []
        /// The attempts that may write no status any more.
        var revoked: Set<String> = []
        /// How often a last status was written.
        var endings = 0
        /// The first try, the number of this one, and how many retries there may be.
        var first: JobID?
        var tryNumber = 1
        var retries = 0
    }

    /// A shim, which has the job's lock as long as it lives.
    struct Shim {
        let attempt: String
        /// Whether it waits for what another one left.
        var isWatch = false
    }

    /// The end of the engine's process.
    struct Kill: Error {}

    static let period: Int64 = 7
    let slots = 3
    let limits = StartLimits(tags: ["a": 1, "b": 2])
    var entries: [JobID: Entry] = [:]
    var shims: [JobID: Shim] = [:]
    /// What Slurm and its nodes do.
    var cluster = Cluster()
    /// Jobs of which processes live beside their shims.
    var survivors: Set<JobID> = []
    var generator: RepeatableGenerator
    var engine: Reconciler
    /// Microseconds that the wall's clock is ahead of the steady one.
    var lead: Int64 = 1_700_000_000_000_000
    var steady: Int64 = 1_000_000
    /// One of how many steps of the engine is its last; 0 for none.
    var killEvery = 0
    /// What does not hold.
    var violations: [String] = []
    /// Jobs whose end the outbox of a hook has.
    var told: Set<JobID> = []

    var now: Reconciler.Moment {
        Reconciler.Moment(wall: Timestamp(microseconds: steady + lead), steady: steady)
    }

    init(seed: UInt64) {
        generator = RepeatableGenerator(seed: seed)
        engine = Reconciler(at: Timestamp(microseconds: lead))
        engine.limits = Reconciler.Limits(slots: slots, slurmSlots: cluster.slots, starts: limits)
    }

    mutating func chance(_ one: Int, in all: Int) -> Bool {
        Int.random(in: 0..<all, using: &generator) < one
    }

    mutating func mayDie() throws(Kill) {
        if killEvery > 0, chance(1, in: killEvery) { throw Kill() }
    }

    // MARK: The tree

    /// Makes a job, or a schedule.
    mutating func create(_ state: JobState, on executor: Executor = .local, overlap: Overlap = .allow) -> JobID {
        let id = JobID(at: now.wall, using: &generator)
        var status = JobStatus(state, at: now.wall)
        if state == .scheduled { status.firing = firing(at: now.wall.adding(seconds: World.period)) }
        var facts = JobSight.Facts(project: ProjectName("shop")!, executor: executor, overlap: overlap)
        facts.priority = Int.random(in: 0...9, using: &generator)
        facts.subjects = limits.counts.keys.sorted().filter { _ in Bool.random(using: &generator) }
        entries[id] = Entry(status: status, facts: facts, retries: Int.random(in: 0...2, using: &generator))
        return id
    }

    private func firing(at instant: Timestamp) -> Firing { Firing(due: instant, time: instant) }

    func sight(of id: JobID, _ entry: Entry, isSeized: Bool, isFlushed: Bool) -> JobSight {
        let status = entry.status
        var sight = JobSight(status: status, isFlushed: isFlushed)
        guard !status.state.isFinal else {
            sight.hasRetry = hasRetry(entry)
            sight.announcement = announcement(entry)
            return sight
        }
        sight.facts = entry.facts
        sight.isCancelRequested = entry.isCancelRequested
        if isSeized, status.state == .running, status.remoteAttempt == nil {
            sight.remains = JobSight.Remains(
                wasClaimed: entry.claims.contains(status[.attempt] ?? ""),
                hasSurvivors: survivors.contains(id))
        }
        return sight
    }

    // MARK: The engine

    /// An engine begins, which knows nothing.
    mutating func open() throws(Kill) {
        engine = Reconciler(at: now.wall)
        engine.limits = Reconciler.Limits(slots: slots, slurmSlots: cluster.slots, starts: limits)
        // Calls of `sbatch` go with the engine that waits for them.
        cluster.calls = []
        for id in entries.keys.sorted() { try look(id) }
    }

    mutating func look(_ id: JobID, isSeized: Bool = false, isFlushed: Bool = false) throws(Kill) {
        guard let entry = entries[id], entry.isMarked else { return note(.gone(id)) }
        try report(.saw(id, sight(of: id, entry, isSeized: isSeized, isFlushed: isFlushed)), of: id)
    }

    mutating func note(_ event: Reconciler.Event) {
        let effects = engine.apply(event, at: now)
        if !effects.isEmpty { violations.append("\(event) has effects") }
    }

    mutating func report(_ event: Reconciler.Event, of id: JobID) throws(Kill) {
        for effect in engine.apply(event, at: now) {
            try mayDie()
            try perform(effect, on: id)
        }
    }

    private mutating func seize(_ id: JobID) throws(Kill) {
        guard let entry = entries[id] else { return }
        try report(.seized(id, sight(of: id, entry, isSeized: true, isFlushed: false)), of: id)
    }

    private mutating func perform(_ effect: Reconciler.Effect, on id: JobID) throws(Kill) {
        switch effect {
        case .reread: try look(id)
        case .seize:
            if shims[id] != nil { return note(.busy(id)) }
            try seize(id)
        case .adopt:
            if shims[id] == nil { return try seize(id) }
            note(chance(1, in: 5) ? .busy(id) : .watching(id))
        case .retire: retire(id)
        case .finish(let status):
            write(status, of: id)
            try mayDie()
            guard let entry = entries[id] else { return }
            try report(.ended(id, sight(of: id, entry, isSeized: true, isFlushed: true)), of: id)
        case .retry: try makeRetry(of: id)
        case .announce: told.insert(id)
        case .publish(let status):
            write(status, of: id)
            try mayDie()
            try look(id, isSeized: true)
        case .makeRun(let due): try makeRun(of: id, due: due)
        case .watchSurvivors:
            shims[id] = Shim(attempt: entries[id]?.status[.attempt] ?? "", isWatch: true)
            note(.watching(id))
        case .explain: note(.startedInVain(id))
        case .plan: violations.append("a schedule without a time")
        case .claim(let attempt): try claim(id, attempt)
        case .revoke(let attempt): try revoke(id, attempt)
        case .submit(let attempt): cluster.calls.append((id, attempt))
        case .withdraw(let attempt): cluster.withdraw(attempt)
        case .flush, .signal, .log: break
        }
    }

    /// The engine writes a status, which nobody else may write meanwhile.
    mutating func write(_ status: JobStatus, of id: JobID) {
        if shims[id] != nil { violations.append("\(id): a status was written beside a shim") }
        if let attempt = entries[id]?.status.remoteAttempt, let entry = entries[id],
            !entry.revoked.contains(attempt) && !entry.claimsOfEngine.contains(attempt)
        {
            violations.append("\(id): a status was written beside a node's shim")
        }
        if entries[id]?.status.state.isFinal != false {
            violations.append("\(id): a last status was replaced")
        }
        entries[id]?.status = status
        if status.state.isFinal { end(id) }
    }

    private mutating func retire(_ id: JobID) {
        if entries[id]?.status.state.isFinal != true {
            violations.append("\(id): settled before its end")
        }
        expectRetry(of: id)
        if let entry = entries[id], entry.isMarked, announcement(entry) != nil, !told.contains(id) {
            violations.append("\(id): hooks were not told")
        }
        entries[id]?.isMarked = false
        entries[id]?.isCancelRequested = false
        note(.settled(id))
    }

    private mutating func makeRun(of schedule: JobID, due: Timestamp) throws(Kill) {
        let id = JobID(firingOf: schedule, due: due)
        if entries[id] == nil, let overlap = entries[schedule]?.facts.overlap {
            var facts = JobSight.Facts(project: ProjectName("shop")!, firedBy: schedule, overlap: overlap)
            facts.subjects = entries[schedule]?.facts.subjects ?? []
            let retries = entries[schedule]?.retries ?? 0
            entries[id] = Entry(status: JobStatus(.pending, at: now.wall), facts: facts, retries: retries)
        }
        try mayDie()
        try look(id)
    }

    /// What is due.
    mutating func turn() throws(Kill) {
        for id in engine.unresolved.sorted() { try look(id) }
        let moment = now
        var count = 0
        while let due = engine.next(at: moment) {
            count += 1
            guard count < 10_000 else { return violations.append("a turn without an end") }
            try mayDie()
            switch due {
            case .fire(let id): try fire(id)
            case .start(let id): try start(id)
            case .code(let projects): for project in projects { note(.codeIsBack(project)) }
            case .handOver(let id): try handOver(id)
            }
        }
        if let wake = engine.wake(at: now), engine.unresolved.isEmpty, wake <= moment.wall {
            violations.append("something is due after all was done")
        }
    }

    private mutating func fire(_ id: JobID) throws(Kill) {
        guard let entry = entries[id], entry.status.state == .scheduled, !entry.isCancelRequested,
            var due = entry.status.firing?.due, due <= now.wall
        else { return try look(id) }
        var times: [Timestamp] = []
        while due <= now.wall {
            times.append(due)
            due = due.adding(seconds: World.period)
        }
        var next = entry.status
        next.firing = firing(at: due)
        let sight = sight(of: id, entry, isSeized: true, isFlushed: false)
        try report(.came(id, sight, times: times, next: next), of: id)
    }

    private mutating func start(_ id: JobID) throws(Kill) {
        guard var entry = entries[id], entry.isMarked, shims[id] == nil, entry.status.state == .pending,
            !entry.isCancelRequested
        else {
            if shims[id] != nil { return note(.busy(id)) }
            return try look(id, isSeized: true)
        }
        if chance(1, in: 20) {
            let obstacles: [Reconciler.StartObstacle] = [.everything, .project(entry.facts.project)]
            return note(.startFailed(id, obstacles[Int.random(in: 0..<2, using: &generator)]))
        }
        if engine.isHeld || shims.count >= slots {
            violations.append("\(id): started beside \(shims.count) others")
        }
        expectRoom(for: id, entry)
        if entry.facts.overlap == .queue, let schedule = entry.facts.firedBy {
            let beside = shims.keys.filter { entries[$0]?.facts.firedBy == schedule }
            if !beside.isEmpty {
                violations.append("\(id): started beside \(beside) of the same schedule")
            }
        }
        let attempt = String(generator.next(), radix: 36)
        entry.status.state = .running
        entry.status[.attempt] = attempt
        entries[id] = entry
        // A shim that was not let go leaves with the engine.
        try mayDie()
        shims[id] = Shim(attempt: attempt)
        note(.started(id))
        note(.watching(id))
    }

    // MARK: What happens

    /// A shim takes its job, or ends, well or not.
    mutating func stepShim(isWell: Bool = false) throws(Kill) {
        guard let (id, shim) = shims.sorted(by: { $0.key < $1.key }).randomElement(using: &generator)
        else { return }
        let isClaimed = entries[id]?.claims.contains(shim.attempt) == true
        if isClaimed || shim.isWatch || (!isWell && chance(1, in: 3)) {
            try endShim(id, shim, isWell: isWell, isClaimed: isClaimed)
        } else {
            entries[id]?.claims.insert(shim.attempt)
        }
    }

    private mutating func endShim(_ id: JobID, _ shim: Shim, isWell: Bool, isClaimed: Bool)
        throws(Kill)
    {
        var isFlushed = false
        if shim.isWatch {
            survivors.remove(id)
        } else if isClaimed, isWell || chance(2, in: 3) {
            let isGood = isWell || chance(1, in: 2)
            let wanted: JobState =
                entries[id]?.isCancelRequested == true ? .canceled : isGood ? .successful : .failed
            if entries[id]?.status.state != .running {
                violations.append("\(id): its shim has ended another job")
            }
            entries[id]?.status.state = wanted
            end(id)
            isFlushed = true
        } else if isClaimed, chance(1, in: 3) {
            survivors.insert(id)
        } else if isClaimed, chance(1, in: 3) {
            entries[id]?.status[.reason] = JobStatus.terminated
        }
        shims[id] = nil
        let wasWatched = engine.watched.contains(id)
        note(.shimEnded(id))
        if wasWatched { try look(id, isFlushed: isFlushed) }
    }

    /// Something happens.
    mutating func step() throws(Kill) {
        switch Int.random(in: 0..<14, using: &generator) {
        case 0: try look(create(.pending))
        case 1: try look(create(.pending, on: Bool.random(using: &generator) ? .slurm : .local))
        case 2 where entries.count < 40:
            try look(
                create(.scheduled, overlap: Overlap.allCases.randomElement(using: &generator) ?? .allow))
        case 3:
            guard let id = entries.keys.sorted().randomElement(using: &generator),
                entries[id]?.isMarked == true,
                entries[id]?.status.state.isFinal == false
            else { return }
            entries[id]?.isCancelRequested = true
            try look(id)
        case 4, 5: steady += Int64.random(in: 0..<5_000_000, using: &generator)
        case 6 where chance(1, in: 4):
            let back = Int64.random(in: 0..<10_000_000, using: &generator)
            lead -= back
            note(.clockSetBack(back))
        case 7 where chance(1, in: 4): throw Kill()
        case 8, 9: try stepCluster()
        default: try stepShim()
        }
        try turn()
    }

    /// Does something, with another engine after one that was killed.
    mutating func live(_ body: (inout World) throws(Kill) -> Void) {
        do throws(Kill) {
            try body(&self)
        } catch {
            while true {
                do throws(Kill) { return try open() } catch { continue }
            }
        }
    }
}
