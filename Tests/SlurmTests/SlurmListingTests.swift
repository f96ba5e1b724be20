import Slurm
import Testing

@Suite("What squeue says")
struct SlurmListingTests {
    @Test(
        "A state says whether something of the job may live",
        arguments: [
            ("PENDING", SlurmListing.Presence.waiting), ("REQUEUED", .waiting), ("SPECIAL_EXIT", .waiting),
            ("RUNNING", .running), ("CONFIGURING", .running), ("COMPLETING", .running), ("SUSPENDED", .running),
            ("SOMETHING_NEW", .running), ("COMPLETED", nil), ("FAILED", nil), ("NODE_FAIL", nil), ("TIMEOUT", nil),
            ("CANCELLED", nil), ("OUT_OF_MEMORY", nil), ("PREEMPTED", nil),
        ])
    func state(_ word: String, _ presence: SlurmListing.Presence?) {
        #expect(SlurmListing(parsing: "a1 \(word)\n").jobs == (presence.map { ["a1": $0] } ?? [:]))
    }

    @Test("Names may hold anything, and lines that say nothing are left out")
    func lines() {
        let listing = SlurmListing(parsing: "a job of mine RUNNING\n\nnothing\na2 PENDING\n")
        #expect(listing.jobs == ["a job of mine": .running, "a2": .waiting])
        #expect(SlurmListing(parsing: "").jobs.isEmpty)
    }

    @Test(
        "Of two jobs with a name, the one that runs counts",
        arguments: [["PENDING", "RUNNING"], ["RUNNING", "PENDING"]])
    func twice(states: [String]) {
        let listing = SlurmListing(parsing: states.map { "a1 \($0)\n" }.joined())
        #expect(listing.jobs == ["a1": .running])
    }
}
