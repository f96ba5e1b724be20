import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Jobs that were moved into incoming/")
struct SubmissionTests {
    private let temporary: TemporarySpool

    init() throws {
        temporary = try TemporarySpool()
    }

    /// Makes a directory in `incoming/`, whose metadata.json has some members besides those that it needs.
    private func make(_ members: String) throws -> String {
        let place = "\(temporary.path)/incoming/job"
        try #require(mkdir(place, 0o700) == 0)
        try Directory(path: place).writeDurably(
            "metadata.json", Array(#"{"project": "shop", "spider": "books"\#(members)}"#.utf8))
        return place
    }

    @Test(
        "What has to be a string is one, or the job is refused: it is not run as if nothing had been said",
        arguments: ["when", "description", "overlap", "executor"], ["5", "[]", "{}", "true", "1e999", #"["now"]"#])
    func noText(member: String, value: String) throws {
        _ = try make(#", "\#(member)": \#(value)"#)
        let error = #expect(throws: SubmissionError.self) { _ = try temporary.spool.readSubmission("job") }
        #expect(error?.reason == "its `\(member)` is not a string")
        #expect(error?.isFinal == true)
    }

    @Test("A member that is null is left out", arguments: ["when", "description", "overlap", "executor"])
    func null(member: String) throws {
        _ = try make(#", "\#(member)": null"#)
        let submission = try temporary.spool.readSubmission("job")
        #expect(submission.when == "now" && submission.description.isEmpty)
        #expect(submission.overlap == nil && submission.executor == nil)
    }

    @Test(
        "A value that is none of those of a member is refused with the valid ones",
        arguments: [
            (#""overlap": "maybe""#, "its `overlap` is none of allow, skip and queue"),
            (#""executor": "cloud""#, "its `executor` is none of local and slurm"),
            (#""catch_up": -1"#, "its `catch_up` is none of none, one and a number up to "),
            (#""payload": "{""#, "its `payload` is not JSON"),
        ])
    func choices(member: String, reason: String) throws {
        _ = try make(", \(member)")
        let error = #expect(throws: SubmissionError.self) { _ = try temporary.spool.readSubmission("job") }
        #expect(error?.reason.hasPrefix(reason) == true && error?.failure == nil, "\(error?.reason ?? "")")
    }

    @Test(
        "A member that means nothing is refused: it may be a limit that was spelt wrongly",
        arguments: [
            (#""time-limit": "5m""#, "did you mean `time_limit`?"), (#""arg.x": "1""#, "\"arguments\""),
            (#""colour": 1"#, "`colour` is no member"),
        ])
    func unknown(member: String, part: String) throws {
        _ = try make(", \(member)")
        let error = #expect(throws: SubmissionError.self) { _ = try temporary.spool.readSubmission("job") }
        #expect(error?.reason.contains(part) == true && error?.isFinal == true, "\(error?.reason ?? "")")
    }

    @Test("The directory of a job may be handed in again")
    func again() throws {
        var job = temporary.job()
        _ = try job.metadata.options.set("time-limit", to: "5m")
        job.metadata.by = "alice"
        let place = "\(temporary.path)/incoming/job"
        try #require(mkdir(place, 0o700) == 0)
        try Directory(path: place).writeDurably("metadata.json", job.metadata.file)
        let submission = try temporary.spool.readSubmission("job")
        #expect(submission.project == job.metadata.project && submission.options == job.metadata.options)
    }

    @Test("A directory in the place of the file with the id is refused, since nothing can take its place")
    func reserved() throws {
        let place = try make("")
        mkdir("\(place)/.job-id", 0o700)
        let error = #expect(throws: SubmissionError.self) { _ = try temporary.spool.readSubmission("job") }
        #expect(error?.reason.hasPrefix("its `.job-id` is a directory") == true)
        #expect(error?.isFinal == true)
    }
}
