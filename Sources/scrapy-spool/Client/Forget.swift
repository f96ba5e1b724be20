internal import ArgumentParser
internal import LinuxSystem
internal import SpoolClient
internal import SpoolConfiguration
internal import SpoolModel

/// Deletes the finished jobs that a filter names.
struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete all finished jobs that are old, or of a project, a spider or a status.",
        discussion: """
            Deletes logs and files of all jobs to which each flag applies. They still count in the statistics. Pinned jobs stay. It \
            says how many jobs there are and how much room they take, and asks on a terminal; elsewhere it needs --yes.

            With --dry-run it only prints a line for each spider and status: project, spider, status, number of jobs, and bytes \
            on the disk.

            Examples:
              scrapy-spool forget --older-than 90d --dry-run
              scrapy-spool forget --project bookshop --status FAILED --older-than 7d --yes

            \(ClientOptions.discussion)
            """)

    private static let statuses = ["SUCCESSFUL", "FAILED", "CANCELED"]

    @Option(help: ArgumentHelp("Only jobs that ended so long ago: 30d, 12h, 90m or 600s.", valueName: "time"))
    var olderThan: String?

    @Option(help: ArgumentHelp("Only jobs of this project.", valueName: "name"))
    var project: String?

    @Option(help: ArgumentHelp("Only jobs of this spider.", valueName: "name"))
    var spider: String?

    @Option(
        help: ArgumentHelp(
            "Only jobs with this result: \(Forget.statuses.joined(separator: ", ")).", valueName: "status"),
        completion: .list(Forget.statuses))
    var status: String?

    @Flag(help: "Delete nothing, and print what would be deleted.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var client: ClientOptions

    func validate() throws {
        if olderThan == nil, project == nil, spider == nil, status == nil {
            throw ValidationError("Say which jobs: --older-than, --project, --spider or --status.")
        }
        // An empty variable of a script must not stand for all projects.
        if project?.isEmpty == true || spider?.isEmpty == true {
            throw ValidationError("The name of a project or a spider is empty.")
        }
        if let olderThan, Value.ageIfValid(olderThan) == nil {
            throw ValidationError("--older-than is a time with its unit: 30d, 12h, 90m or 600s.")
        }
        if let status, !Forget.statuses.contains(status.uppercased()) {
            throw ValidationError("--status is one of \(Forget.statuses.joined(separator: ", ")).")
        }
    }

    func run() async throws {
        try await Session.run(client) { session in
            let plan = try await plan(session.connection)
            if plan.isEmpty, let project { try await check(project, session.connection) }
            if dryRun { return try session.show(plan.table) }
            guard !plan.jobs.isEmpty else { return Terminal.say("Nothing is deleted: \(plan)") }
            if !yes {
                guard Terminal.canAsk else {
                    throw ClientError(.usage, "this would delete \(plan): give --yes")
                }
                guard Terminal.confirms("Delete \(plan), from \(session.connection.address)?") else {
                    throw ExitCode.failure
                }
            }
            try await delete(plan, session)
        }
    }

    /// Seconds by which no zone is farther ahead of UTC.
    private static let farthestZone: Int64 = 14 * 3600

    /// Lists the jobs, the oldest first.
    private func plan(_ connection: Connection) async throws -> ForgetPlan {
        // By the clock of this machine.
        let limit = olderThan.flatMap(Value.ageIfValid).map { age in
            Timestamp(microseconds: max(0, SystemClock.wall() - Int64(age) * 1_000_000))
        }
        // The server counts days in its own zone, and leaves out what is measured in vain.
        let day = limit.map { String($0.adding(seconds: Forget.farthestZone).rfc3339.prefix(10)) }
        let texts: [(String, String?)] = [
            ("status", status?.uppercased() ?? "COMPLETED"), ("project", project), ("spider", spider), ("until", day),
            ("order", "oldest"), ("limit", "100"), ("sizes", "1"),
        ]
        let fields = texts.compactMap { name, text in text.map { (name, $0) } }
        var plan = ForgetPlan()
        var last: String?
        while true {
            let answer = try await connection.get("list-jobs.json", fields + (last.map { [("after", $0)] } ?? []))
            let jobs = answer.json["jobs"]?.elements ?? []
            for job in jobs {
                let end = (job["facts"]?["ended"] ?? job["facts"]?["at"])?.text.flatMap { Timestamp(rfc3339: $0) }
                // One whose end is not known is not known to be old.
                if let limit, end.map({ limit < $0 }) ?? true { continue }
                plan.add(job)
            }
            guard answer.json["more"] == .bool(true), let next = jobs.last?["identifier"]?.text else { return plan }
            last = next
        }
    }

    /// Throws the server's refusal of a project that is neither there nor has jobs: a misspelt name.
    private func check(_ project: String, _ connection: Connection) async throws {
        let answer = try await connection.get(
            "list-jobs.json", [("status", "ALL"), ("project", project), ("limit", "1")])
        // A project that was removed may have left jobs.
        guard answer.json["jobs"]?.elements?.isEmpty ?? true else { return }
        _ = try await connection.get("list-spiders.json", [("project", project)])
    }

    /// Whether a job is there no more: another client, or a limit of the server, has deleted it since it was listed.
    private func isGone(_ id: String, _ connection: Connection) async throws -> Bool {
        do {
            _ = try await connection.get("list-jobs.json", [("id", id)])
            return false
        } catch let error as ClientError where error.status == 400 {
            // The id is one that the server has listed, so that nothing else is wrong with it.
            return true
        }
    }

    private func delete(_ plan: ForgetPlan, _ session: Session) async throws {
        let progress = ProgressLine(label: "Deleting")
        defer { progress.clear() }
        var (done, count, bytes, gone) = (0, 0, 0, 0)
        var failure: (any Error)?
        for job in plan.jobs {
            do {
                _ = try await session.connection.post("delete-job.json", [("id", job.id)])
                (count, bytes) = (count + 1, ForgetPlan.sum(bytes, job.bytes))
            } catch let error as ClientError where error.kind == .refused {
                if try await isGone(job.id, session.connection) {
                    gone += 1
                } else {
                    progress.clear()
                    failure = Session.exit(for: error, json: false)
                }
            }
            done += 1
            progress.show(done, of: plan.jobs.count)
        }
        progress.clear()
        try Terminal.put("Deleted \(ForgetPlan.amount(count, bytes))\n")
        if gone > 0 {
            Terminal.say("\(gone) job\(gone == 1 ? " was" : "s were") deleted by another client meanwhile")
        }
        if let failure { throw failure }
    }
}

/// The jobs that are to be deleted.
private struct ForgetPlan: CustomStringConvertible {
    private struct Kind: Hashable, Comparable {
        let project: String, spider: String, status: String

        static func < (a: Kind, b: Kind) -> Bool { (a.project, a.spider, a.status) < (b.project, b.spider, b.status) }
    }

    private(set) var jobs: [(id: String, bytes: Int)] = []
    /// Whether no job was listed, not even a pinned one.
    var isEmpty: Bool { jobs.isEmpty && pinned == 0 }
    private var kinds: [Kind: (count: Int, bytes: Int)] = [:]
    private var pinned = 0
    private var seen: Set<String> = []

    /// Adds a job of `list-jobs.json`, unless it is pinned. When the last job of a page is deleted meanwhile, the next page begins
    /// with jobs that were listed before.
    mutating func add(_ job: JSON) {
        guard let id = job["identifier"]?.text, seen.insert(id).inserted else { return }
        guard job["facts"]?["pinned"] != .bool(true) else { return pinned += 1 }
        let bytes = max(0, job["facts"]?["bytes"]?.integer ?? 0)
        jobs.append((id, bytes))
        let kind = Kind(
            project: job["project"]?.text ?? "", spider: job["spider"]?.text ?? "", status: job["status"]?.text ?? "")
        let (count, sum) = kinds[kind] ?? (0, 0)
        kinds[kind] = (count + 1, ForgetPlan.sum(sum, bytes))
    }

    /// Numbers of jobs and bytes for each spider and status.
    var table: Table {
        let rows = kinds.sorted { $0.key < $1.key }.map { kind, sum in
            [
                kind.project, kind.spider, kind.status, "\(sum.count)",
                Terminal.isOutput ? "\(ByteCount(sum.bytes))" : "\(sum.bytes)",
            ]
        }
        return Table(["project", "spider", "status", "jobs", "size"], rows)
    }

    var description: String {
        let bytes = kinds.values.reduce(0) { ForgetPlan.sum($0, $1.bytes) }
        let rest = pinned == 0 ? "" : " (\(pinned == 1 ? "another one is" : "\(pinned) others are") pinned)"
        return ForgetPlan.amount(jobs.count, bytes) + rest
    }

    /// A sum of numbers that a server has sent, which may be any.
    static func sum(_ one: Int, _ other: Int) -> Int {
        let (sum, isTooLarge) = one.addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }

    static func amount(_ count: Int, _ bytes: Int) -> String {
        "\(count) finished job\(count == 1 ? "" : "s"), \(ByteCount(bytes)) on the disk"
    }
}
