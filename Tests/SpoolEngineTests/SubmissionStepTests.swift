import SpoolEngine
import SpoolModel
import Testing

@Suite("What becomes of an entry of incoming/")
struct SubmissionStepTests {
    private static let id = JobID("01a222dc-8c6a-7710-a23c-146c154c3d84")!
    private static let status = JobStatus(.pending, at: Timestamp(microseconds: 1_000_000))
    private static let limit = SubmissionStep.arrivalTime

    private static let table: [(SubmissionSight, SubmissionStep)] = [
        (.unnamed, .quarantine(reason: "its name is not UTF-8")),
        (.accepted(id, isCopy: false), .remove(id)),
        // One that is not whole may still be on its way; what no time can mend is refused at once.
        (.invalid(reason: "it is empty", isFinal: false, age: 0), .wait),
        (.invalid(reason: "it is empty", isFinal: false, age: limit), .wait),
        (.invalid(reason: "it is empty", isFinal: false, age: limit + 1), .quarantine(reason: "it is empty")),
        (.invalid(reason: "it is odd", isFinal: true, age: 0), .quarantine(reason: "it is odd")),
        // The clock was set back since.
        (.invalid(reason: "it is empty", isFinal: false, age: -limit), .wait),
        (.valid(when: "now", .status(status, isRun: true)), .make(status, isRun: true)),
        (.valid(when: "every 1 day", .status(status, isRun: false)), .make(status, isRun: false)),
        (.valid(when: "at noon", .invalid("what is noon")), .quarantine(reason: "`when`: what is noon")),
        (
            .valid(when: "at 2001-01-01", .past),
            .quarantine(reason: "`when`: at 2001-01-01 is in the past")
        ),
    ]

    @Test("Each sight has one step", arguments: table.indices)
    func steps(_ row: Int) {
        let (sight, step) = Self.table[row]
        #expect(SubmissionStep(for: sight) == step)
    }

    @Test("A copy of one that became a job is refused, with the job and what to do")
    func copy() throws {
        guard case .quarantine(let reason) = SubmissionStep(for: .accepted(Self.id, isCopy: true)) else {
            return #expect(Bool(false), "it is not refused")
        }
        #expect(reason.contains("\(Self.id)") && reason.contains("`.taken` and `.job-id`"))
    }
}
