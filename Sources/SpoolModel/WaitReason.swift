/// Why a job does not start now.
public enum WaitReason: Hashable, Sendable, CustomStringConvertible {
    /// Nothing starts, because the spool is a copy that was not released, or may be one.
    case held
    /// Nothing new starts, because the disk is full.
    case disk
    /// The code of its project cannot be used.
    case code(ProjectName)
    /// A retry waits for its time.
    case notBefore(Timestamp)
    /// An earlier run of its schedule has not ended.
    case overlap(JobID)
    /// As many jobs run as a limit allows.
    case limit(StartLimits.Subject, running: Int, of: Int)
    /// As many jobs run as there are slots.
    case slots(running: Int, of: Int)
    /// The Python environment of its version is missing.
    case environment
    /// Slurm has the job in its queue.
    case slurm
    /// Others start before it, or it is about to start.
    case turn

    /// `waits for tag example.org, 1 of 1`.
    public var description: String {
        switch self {
        case .held: "waits for the spool, which is held: `scrapy-spool resume` releases it"
        case .disk: "waits for room on the disk"
        case .code(let project): "waits for code of project \(project) that can be used: push it again"
        case .notBefore(let instant): "waits until \(instant.rfc3339)"
        case .overlap(let run): "waits for the end of \(run), an earlier run of its schedule"
        case .limit(let subject, let running, let limit): "waits for \(subject), \(running) of \(limit)"
        case .slots(_, let slots) where slots == 0: "waits for a slot, and there are none: `job-slots` is 0"
        case .slots(let running, let slots): "waits for a slot, \(running) of \(slots)"
        case .environment: "waits for its Python environment, which is built again"
        case .slurm: "waits in Slurm's queue"
        case .turn: "waits for its turn"
        }
    }
}

/// What the unfinished jobs occupy, from which follows why another one waits. A pure value, filled from the tree.
public struct Occupancy: Sendable {
    private let limits: StartLimits
    private let slots: Int
    private var used: [StartLimits.Subject: Int] = [:]
    private var local = 0
    /// By schedule its run that runs, and its retry that waits.
    private var runs: [JobID: JobID] = [:]
    /// Whether nothing starts in this spool.
    public var isHeld = false
    /// Whether the disk is full.
    public var isFull = false
    /// Whether the code that the job would run cannot be used.
    public var isCodeUnusable = false

    /// Nothing is occupied.
    ///
    /// - Parameter slots: how many jobs may run on this machine.
    public init(_ limits: StartLimits, slots: Int) {
        self.limits = limits
        self.slots = slots
    }

    /// Adds an unfinished job.
    public mutating func add(_ metadata: JobMetadata, _ status: JobStatus) {
        let isRemote = status.remoteAttempt != nil
        guard status.state == .running || isRemote else {
            if status.state == .pending, metadata.tryNumber > 1, let schedule = metadata.firedBy {
                runs[schedule] = runs[schedule] ?? metadata.id
            }
            return
        }
        if !isRemote { local += 1 }
        for subject in subjects(of: metadata) { used[subject, default: 0] += 1 }
        if let schedule = metadata.firedBy { runs[schedule] = metadata.id }
    }

    private func subjects(of metadata: JobMetadata) -> [StartLimits.Subject] {
        limits.subjects(project: metadata.project, spider: metadata.spider, tags: metadata.options.tags ?? [])
    }

    /// Why a pending job waits; nil for a job that is not pending.
    ///
    /// - Parameters:
    ///   - overlap: the policy of schedules that have none of their own.
    ///   - isLocal: whether the job is to run on this machine.
    public func reason(
        for metadata: JobMetadata, _ status: JobStatus, overlap: Overlap, isLocal: Bool, at now: Timestamp
    ) -> WaitReason? {
        guard status.state == .pending else { return nil }
        if isHeld { return .held }
        if status.remoteAttempt != nil { return .slurm }
        if isFull { return .disk }
        if isCodeUnusable { return .code(metadata.project) }
        if let instant = status[.notBefore], instant > now { return .notBefore(instant) }
        if let schedule = metadata.firedBy, (metadata.overlap ?? overlap) == .queue, let run = runs[schedule],
            run != metadata.id
        {
            return .overlap(run)
        }
        for subject in subjects(of: metadata) {
            guard let running = used[subject], let limit = limits.counts[subject], running >= limit else { continue }
            return .limit(subject, running: running, of: limit)
        }
        if isLocal, local >= slots { return .slots(running: local, of: slots) }
        return .turn
    }
}
