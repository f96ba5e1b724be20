import Slurm
import SpoolModel
import Testing

@Suite("Jobs in Slurm's hands")
struct RemoteJobsTests {
    private static let id = JobID("01a210e3-dfde-796e-a9b5-374a36518a9d")!
    private static let second: Int64 = 1_000_000
    private static let patience = 60 * second

    private let unclaimed = RemoteJobs.Sight(isClaimed: false, beat: nil)
    private func claimed(_ beat: String?) -> RemoteJobs.Sight { RemoteJobs.Sight(isClaimed: true, beat: beat) }

    /// A job that Slurm took at second 1, and a list of what it has at second 2.
    private func listed(_ output: String) -> RemoteJobs {
        var jobs = RemoteJobs()
        jobs.beginHandOver(of: Self.id, "a1")
        jobs.endHandOver(of: Self.id, "a1", isAccepted: true, at: Self.second)
        jobs.take(SlurmListing(parsing: output), begunAt: 2 * Self.second)
        return jobs
    }

    private func step(_ jobs: inout RemoteJobs, _ sight: RemoteJobs.Sight, at seconds: Int64) -> RemoteJobs.Step {
        jobs.step(for: Self.id, sight, at: seconds * Self.second, patience: Self.patience)
    }

    @Test("One that Slurm does not know and nobody has claimed is handed over again, each time later")
    func lostSubmission() {
        var jobs = listed("")
        #expect(jobs.needsSight(of: Self.id))
        #expect(step(&jobs, unclaimed, at: 3) == .handOver)
        jobs.beginHandOver(of: Self.id, "a1")
        #expect(!jobs.needsSight(of: Self.id) && step(&jobs, unclaimed, at: 3) == .wait)
        jobs.endHandOver(of: Self.id, "a1", isAccepted: true, at: 4 * Self.second)
        jobs.take(SlurmListing(parsing: ""), begunAt: 4 * Self.second + 1)
        #expect(step(&jobs, unclaimed, at: 4) == .wait)
        #expect(step(&jobs, unclaimed, at: 6) == .handOver)
        #expect(jobs.failures(of: Self.id) == 2)
    }

    @Test("One that Slurm refused is handed over again when a list does not have it, and only then")
    func refusal() {
        var jobs = RemoteJobs()
        jobs.beginHandOver(of: Self.id, "a1")
        jobs.endHandOver(of: Self.id, "a1", isAccepted: false, at: Self.second)
        #expect(step(&jobs, unclaimed, at: 10) == .wait)
        jobs.take(SlurmListing(parsing: "a1 PENDING"), begunAt: 2 * Self.second)
        #expect(step(&jobs, unclaimed, at: 10) == .wait)
        jobs.take(SlurmListing(parsing: "other RUNNING"), begunAt: 3 * Self.second)
        #expect(step(&jobs, unclaimed, at: 10) == .handOver)
    }

    @Test("A list that was begun before the job was handed over says nothing of it")
    func oldList() {
        var jobs = RemoteJobs()
        jobs.beginHandOver(of: Self.id, "a1")
        jobs.endHandOver(of: Self.id, "a1", isAccepted: true, at: 2 * Self.second)
        jobs.take(SlurmListing(parsing: ""), begunAt: Self.second)
        #expect(!jobs.needsSight(of: Self.id) && step(&jobs, unclaimed, at: 100) == .wait)
    }

    @Test("A claimed one that Slurm does not know is lost when it has given no sign of life for long enough")
    func lost() {
        var jobs = listed("")
        #expect(step(&jobs, claimed("1"), at: 3) == .wait)
        #expect(step(&jobs, claimed("2"), at: 62) == .wait)
        #expect(step(&jobs, claimed("2"), at: 121) == .wait)
        #expect(step(&jobs, claimed("2"), at: 122) == .giveUp)
        // Also if it never gave any.
        var silent = listed("")
        #expect(step(&silent, claimed(nil), at: 3) == .wait)
        #expect(step(&silent, claimed(nil), at: 63) == .giveUp)
    }

    @Test("One that Slurm has is never given up, whatever it looks like", arguments: ["PENDING", "RUNNING"])
    func alive(state: String) {
        var jobs = listed("a1 \(state)\n")
        #expect(step(&jobs, claimed("1"), at: 3) == .wait && step(&jobs, claimed("1"), at: 1000) == .wait)
        #expect(step(&jobs, unclaimed, at: 1000) == .wait)
    }

    @Test("Jobs that only wait are not looked at, unless Slurm is not heard of")
    func looks() {
        #expect(listed("a1 PENDING\n").idsToLookAt(now: 3 * Self.second).isEmpty)
        #expect(listed("a1 PENDING\n").idsToLookAt(now: 20 * Self.second) == [Self.id])
        #expect(listed("a1 RUNNING\n").idsToLookAt(now: 3 * Self.second) == [Self.id])
        #expect(listed("").idsToLookAt(now: 3 * Self.second) == [Self.id])
    }

    @Test("One of an earlier engine is known by the next list")
    func adoption() {
        var jobs = RemoteJobs()
        jobs.adopt(Self.id, "a1", at: Self.second)
        jobs.take(SlurmListing(parsing: ""), begunAt: 2 * Self.second)
        #expect(step(&jobs, unclaimed, at: 2) == .handOver)
        // What is known of the same attempt stays, that of another one goes.
        jobs.adopt(Self.id, "a1", at: 9 * Self.second)
        #expect(jobs.failures(of: Self.id) == 1)
        jobs.adopt(Self.id, "a2", at: 9 * Self.second)
        #expect(jobs.failures(of: Self.id) == 0 && !jobs.needsSight(of: Self.id))
    }

    @Test("Slurm is told to end a job at most every five seconds")
    func cancel() {
        var jobs = listed("a1 RUNNING\n")
        #expect(jobs.attemptToCancel(Self.id, at: 3 * Self.second) == "a1")
        #expect(jobs.attemptToCancel(Self.id, at: 7 * Self.second) == nil)
        #expect(jobs.attemptToCancel(Self.id, at: 8 * Self.second) == "a1")
        jobs.remove(Self.id)
        #expect(jobs.attemptToCancel(Self.id, at: 20 * Self.second) == nil && jobs.isEmpty)
    }
}
