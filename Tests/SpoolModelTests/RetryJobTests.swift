import SpoolModel
import Testing

@Suite("Jobs that are tried again, and why jobs wait")
struct RetryJobTests {
    private let end = Timestamp(seconds: 1_800_000_000)

    private func job(_ number: UInt64 = 1, _ options: [String: String] = [:]) throws -> JobMetadata {
        var job = JobMetadata(
            id: JobID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | number), actor: .user, schedule: "now",
            project: ProjectName("shop")!, spider: SpiderName("books")!, description: "d", payload: "{}",
            created: end.adding(seconds: -100))
        for (name, text) in options { _ = try job.options.set(name, to: text) }
        return job
    }

    private func status(_ line: String) throws -> JobStatus { try #require(JobStatus(parsing: line)) }

    private var failed: JobStatus {
        var status = JobStatus(.failed, at: end)
        status[.ended] = end
        status[.exit] = 3
        return status
    }

    @Test(
        "Each failure has a cause",
        arguments: [
            ("FAILED at=2026-01-01T00:00:00Z exit=1", .exit), ("FAILED at=2026-01-01T00:00:00Z signal=11", .signal),
            ("FAILED at=2026-01-01T00:00:00Z reason=rule rule=items<1 exit=0", .rule),
            ("FAILED at=2026-01-01T00:00:00Z reason=no-report exit=0", .rule),
            ("FAILED at=2026-01-01T00:00:00Z reason=not-opened exit=0", .exit),
            ("FAILED at=2026-01-01T00:00:00Z reason=stall-limit signal=9", .stall),
            ("FAILED at=2026-01-01T00:00:00Z reason=time-limit exit=0", .time),
            ("FAILED at=2026-01-01T00:00:00Z reason=memory-limit signal=9", .memory),
            ("FAILED at=2026-01-01T00:00:00Z reason=shim-lost", .lost),
            ("FAILED at=2026-01-01T00:00:00Z reason=interrupted", .lost),
            ("FAILED at=2026-01-01T00:00:00Z reason=shutdown exit=0", .signal),
            ("FAILED at=2026-01-01T00:00:00Z reason=cannot-start", .exit),
            ("FAILED at=2026-01-01T00:00:00Z reason=no-project", nil),
            ("FAILED at=2026-01-01T00:00:00Z reason=no-version", nil),
            ("FAILED at=2026-01-01T00:00:00Z reason=no-next-time", nil),
            ("CANCELED at=2026-01-01T00:00:00Z signal=9", nil), ("SUCCESSFUL at=2026-01-01T00:00:00Z exit=0", nil),
            ("RUNNING at=2026-01-01T00:00:00Z", nil),
        ] as [(String, RetryPolicy.Cause?)])
    func causes(line: String, expected: RetryPolicy.Cause?) throws {
        #expect(RetryPolicy.Cause(of: try status(line)) == expected)
    }

    @Test("A retry is the same job with another id, which follows from the first one and its number")
    func retry() throws {
        let first = try job(1, ["retries": "2", "retry-delay": "1m", "arg.a": "b", "tags": "x"])
        let (second, pending) = try #require(first.retry(after: failed))
        #expect(second.retryOf == first.id && second.tryNumber == 2 && second.id != first.id)
        #expect(second.options == first.options && second.spider == first.spider && second.description == "d")
        #expect(pending.state == .pending && pending[.tryNumber] == 2)
        let delay = try #require(pending[.notBefore]).microseconds(since: end)
        #expect((45_000_000...60_000_000).contains(delay))
        // Again it is the same, to the byte.
        let again = try #require(first.retry(after: failed))
        #expect(again.metadata.file == second.file && again.status.line == pending.line)
        // What is read from its file is what was written.
        let read = try #require(JobMetadata(parsing: second.file))
        #expect(read.retryOf == first.id && read.tryNumber == 2)
        let (third, last) = try #require(read.retry(after: failed))
        #expect(third.retryOf == first.id && third.tryNumber == 3 && third.id != second.id)
        #expect((90_000_000...120_000_000).contains(try #require(last[.notBefore]).microseconds(since: end)))
        #expect(third.retry(after: failed) == nil)
        #expect(try job(2, ["retries": "2"]).retry(after: failed)?.metadata.id != second.id)
    }

    @Test("Without retries, after another cause and after a good end there is none")
    func none() throws {
        #expect(try job().retry(after: failed) == nil)
        #expect(try job(1, ["retries": "0"]).retry(after: failed) == nil)
        #expect(try job(1, ["retries": "1", "retry-on": "stall"]).retry(after: failed) == nil)
        #expect(try job(1, ["retries": "1"]).retry(after: JobStatus(.successful, at: end)) == nil)
        #expect(try job(1, ["retries": "1"]).retry(after: JobStatus(.canceled, at: end)) == nil)
        var rule = failed
        rule[.reason] = "rule"
        #expect(try job(1, ["retries": "1"]).retry(after: rule) == nil)
        #expect(try job(1, ["retries": "1", "retry-on": "rule"]).retry(after: rule) != nil)
    }

    @Test("Numbers of tries from a file may be any")
    func wrongNumbers() throws {
        for (text, expected) in [
            ("-1", 1), ("0", 1), ("3", 3), ("999999999999999999999", 1), ("9223372036854775807", 101),
        ] {
            let file = String(decoding: try job(1, ["retries": "100"]).file, as: UTF8.self)
                .replacing("\"description\"", with: "\"try\": \(text), \"description\"")
            let job = try #require(JobMetadata(parsing: Array(file.utf8)))
            #expect(job.tryNumber == expected, "\(text)")
            _ = job.retry(after: failed)
        }
    }

    // MARK: Waiting

    @Test("A pending job waits for the first thing that it needs")
    func reasons() throws {
        var limits = StartLimits()
        limits.counts = [.tag(JobTag("example.org")!): 1, .project(ProjectName("shop")!): 5]
        let now = end
        let pending = JobStatus(.pending, at: end)
        let tagged = try job(1, ["tags": "other,example.org"])
        func reason(
            _ occupancy: Occupancy, _ job: JobMetadata, _ status: JobStatus? = nil, isLocal: Bool = true
        ) -> String? {
            occupancy.reason(for: job, status ?? pending, overlap: .allow, isLocal: isLocal, at: now)?.description
        }
        var occupancy = Occupancy(limits, slots: 2)
        #expect(reason(occupancy, tagged) == "waits for its turn")
        #expect(reason(occupancy, tagged, JobStatus(.running, at: end)) == nil)
        occupancy.add(try job(2, ["tags": "example.org"]), JobStatus(.running, at: end))
        #expect(reason(occupancy, tagged) == "waits for tag example.org, 1 of 1")
        #expect(reason(occupancy, try job(3)) == "waits for its turn")
        occupancy.add(try job(4), JobStatus(.running, at: end))
        #expect(reason(occupancy, try job(3)) == "waits for a slot, 2 of 2")
        #expect(reason(occupancy, try job(3), isLocal: false) == "waits for its turn")
        #expect(
            reason(Occupancy(limits, slots: 0), try job(3)) == "waits for a slot, and there are none: `job-slots` is 0")
        var later = pending
        later[.notBefore] = now.adding(seconds: 1)
        #expect(reason(occupancy, tagged, later) == "waits until 2027-01-15T08:00:01.000000Z")
        later[.notBefore] = now
        #expect(reason(occupancy, tagged, later) == "waits for tag example.org, 1 of 1")
        occupancy.isCodeUnusable = true
        #expect(
            reason(occupancy, tagged) == "waits for code of project \(tagged.project) that can be used: push it again")
        occupancy.isFull = true
        #expect(reason(occupancy, tagged) == "waits for room on the disk")
        occupancy.isHeld = true
        #expect(reason(occupancy, tagged)?.hasPrefix("waits for the spool, which is held") == true)
    }

    @Test("A queued run waits for the one that runs, and for a retry that waits; Slurm's jobs wait for Slurm")
    func overlap() throws {
        let schedule = try job(100).id
        func run(_ number: UInt64, tryNumber: Int = 1) throws -> JobMetadata {
            var run = try job(number)
            run.firedBy = schedule
            run.overlap = .queue
            run.tryNumber = tryNumber
            return run
        }
        let pending = JobStatus(.pending, at: end)
        for (other, status) in [(try run(2), JobStatus(.running, at: end)), (try run(3, tryNumber: 2), pending)] {
            var occupancy = Occupancy(StartLimits(), slots: 9)
            occupancy.add(other, status)
            let waiting = try run(4)
            #expect(
                occupancy.reason(for: waiting, pending, overlap: .allow, isLocal: true, at: end) == .overlap(other.id))
            // A retry does not wait for itself.
            #expect(occupancy.reason(for: other, pending, overlap: .allow, isLocal: true, at: end) == .turn)
            var another = waiting
            another.overlap = .allow
            #expect(occupancy.reason(for: another, pending, overlap: .queue, isLocal: true, at: end) == .turn)
        }
        var remote = pending
        remote[.executor] = "slurm"
        remote[.attempt] = "a"
        let occupancy = Occupancy(StartLimits(), slots: 0)
        #expect(occupancy.reason(for: try run(5), remote, overlap: .allow, isLocal: false, at: end) == .slurm)
    }
}
