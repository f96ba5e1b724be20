internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The facts of the last successful runs by spider and arguments, for rules that compare with their median. It is filled from
/// the kept jobs when a job with such a rule starts for the first time, and kept up to date from then on.
struct PastRuns {
    /// The runs that are compared with each other.
    private struct Kind: Hashable {
        let project: ProjectName
        let spider: SpiderName
        let payload: String
        let arguments: Set<NamedText>

        init(_ metadata: JobMetadata) {
            project = metadata.project
            spider = metadata.spider
            payload = metadata.payload
            arguments = Set(metadata.options.arguments)
        }
    }

    /// The most jobs that are read, the newest: reading takes about 20 microseconds each, while no job starts.
    private static let mostRead = 20_000
    /// The most runs of one kind, which is the most that a rule can name, and the most kinds.
    private static let mostRuns = 100, mostKinds = 20_000

    /// The last statuses, the last one first; nil until they are needed.
    private var runs: [Kind: [JobStatus]]?

    /// Notes a job that has ended.
    mutating func note(_ job: Job) {
        guard runs != nil, job.status.state == .successful else { return }
        // Arguments may differ from run to run. They are read again when they are needed.
        if let count = runs?.count, count >= PastRuns.mostKinds { return runs = nil }
        add(job, atEnd: false)
    }

    private mutating func add(_ job: Job, atEnd: Bool) {
        let kind = Kind(job.metadata)
        var list = runs?[kind] ?? []
        // A job may be settled twice.
        guard !list.contains(job.status) else { return }
        if atEnd { list.append(job.status) } else { list.insert(job.status, at: 0) }
        runs?[kind] = Array(list.prefix(PastRuns.mostRuns))
    }

    private mutating func read(_ spool: Spool) {
        runs = [:]
        // What cannot be listed or read is no successful run that could be compared with.
        let days = (try? spool.days()) ?? []
        var left = PastRuns.mostRead
        var found: [Job] = []
        for day in days.reversed() where left > 0 {
            let names = spool.jobs.directoryIfAny(day)?.namesIfAny() ?? []
            for id in names.compactMap({ JobID($0) }).sorted().reversed().prefix(left) {
                left -= 1
                guard let job = spool.jobIfAny(id), job.status.state == .successful else { continue }
                found.append(job)
            }
        }
        found.sort { ($0.status[.ended]?.microseconds ?? 0) > ($1.status[.ended]?.microseconds ?? 0) }
        for job in found { add(job, atEnd: true) }
    }

    /// The rules of a job with numbers in place of medians, and those that do not apply because there are too few runs; nil
    /// for a job without medians.
    mutating func resolve(_ metadata: JobMetadata, in spool: Spool) -> (rules: [FailRule], left: [FailRule])? {
        guard let rules = metadata.options.rules, rules.contains(where: { $0.runs != nil }) else { return nil }
        if runs == nil { read(spool) }
        let past = runs?[Kind(metadata)] ?? []
        var resolved: [FailRule] = []
        var left: [FailRule] = []
        for rule in rules {
            if let rule = rule.resolved(from: past.compactMap { rule.value(in: $0) }) {
                resolved.append(rule)
            } else {
                left.append(rule)
            }
        }
        return (resolved, left)
    }
}
