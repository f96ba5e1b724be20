import Glibc
import LinuxSystem
import SpoolModel

/// Writes jobs and versions into a spool that no program of ours would: numbers, times and names at and beyond their limits,
/// the same for the same seed.
struct TreeNoise {
    private let spool: String
    private var generator: Steps
    /// The ids under which jobs were written.
    private(set) var ids: [String] = []

    init(spool: String, seed: UInt64) {
        self.spool = spool
        generator = Steps(state: seed)
    }

    private static let numbers = [
        "9223372036854775807", "9223372036854775808", "99999999999999999999999", "-9223372036854775808", "-1", "0", "1",
        "2147483647", "2147483648", "4294967295", "4294967296", "1000000000", "1000000001", "255", "256", "+5", "007",
        "1e9", "0x10", "", "x", "NaN", "%00", "1.5",
    ]
    private static let times = [
        "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z",
        "2026-11-24T08:15:30.000042Z", "2038-01-19T03:14:08Z", "2262-04-11T23:47:16.854776Z", "10000-01-01T00:00:00Z",
        "-292277-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "now", "",
    ]
    private static let specs = [
        "now", "every 1 second", "every 1-2 seconds", "every 36525 days", "cron 0 0 29 2 *", "every sunday at 00:00",
        "at 9999-12-31 23:59:59", "every 9223372036854775807 days", "every day at 02:30 in Europe/Warsaw",
        "in 9223372036854775807 seconds", "every 2 weeks within 3 hours", "\u{0}", "",
    ]
    private static let states = ["SCHEDULED", "PENDING", "RUNNING", "SUCCESSFUL", "FAILED", "CANCELED", "DONE"]
    private static let facts = [
        "interrupted", "shim", "shim_ticks", "pid", "ticks", "exit", "signal", "out_bytes", "err_bytes", "version",
        "slurm_job", "unknown",
    ]
    private static let timeFacts = ["started", "ended", "next", "due"]
    private static let ids = [
        "ffffffff-ffff-7fff-bfff-ffffffffffff", "00000000-0000-7000-8000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000",
        "e677d21f-dbff-7fff-bfff-ffffffffffff", "e677d21f-dc00-7000-8000-000000000000",
    ]

    private mutating func pick(_ values: [String]) -> String { values.randomElement(using: &generator) ?? "" }

    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    /// Adds jobs, most of them marked as active.
    mutating func add(jobs count: Int) throws {
        for index in 0..<count {
            let text = ids.count < Self.ids.count ? Self.ids[ids.count] : newID(index)
            guard let id = JobID(text) else { continue }
            ids.append(text)
            let name = happens(5) ? text.uppercased() : text
            let place = "jobs/\(happens(5) ? "2026-01-01" : id.day)/\(name)"
            let directory = "\(spool)/\(place)"
            guard !File.exists(directory) else { continue }
            try File.makeDirectory("\(directory)/work")
            if !happens(3) { try File.write(metadata(id), to: directory + "/metadata.json") }
            if !happens(3) { try File.write(status(), to: directory + "/status") }
            if happens(30) { try leaveFiles(in: directory) }
            if happens(70) { symlink("../\(place)", "\(spool)/active/\(text)") }
        }
    }

    /// Changes projects and their versions, and makes requests.
    mutating func disturb() throws {
        let project = "\(spool)/projects/trouble"
        for _ in 0..<8 {
            let name = pick(Self.numbers)
            if !name.isEmpty, !File.exists("\(project)/versions/\(name)") {
                try File.makeDirectory("\(project)/versions/\(name)/code")
            }
        }
        for name in ["noise", "noise2"] {
            try File.makeDirectory("\(spool)/projects/\(name)/versions/\(pick(["1", "2", "9223372036854775807"]))")
            try File.write(
                """
                {"format": \(number()), "name": "\(name)", "version": \(number()), "directory": "d", "spiders": ["fast"],
                 "created": "\(pick(Self.times))", "updated": "\(pick(Self.times))"}
                """, to: "\(spool)/projects/\(name)/metadata.json")
        }
        for _ in 0..<5 {
            let id = pick(ids)
            try File.write("", to: "\(spool)/cancel/\(id)")
        }
        try File.makeDirectory("\(spool)/incoming/noise-\(ids.count)")
        try File.write(
            """
            {"project": "trouble", "spider": "fast", "when": "every 3650 days", "catch_up": \(number()),
             "payload": \(number())}
            """, to: "\(spool)/incoming/noise-\(ids.count)/metadata.json")
    }

    /// A number as JSON may have it.
    private mutating func number() -> String {
        let text = pick(Self.numbers)
        return Int(text).map { String($0) } ?? (text.allSatisfy(\.isNumber) && !text.isEmpty ? text : "null")
    }

    private mutating func newID(_ index: Int) -> String {
        let low = UInt64.random(in: 0...UInt64.max, using: &generator)
        let random = UInt64.random(in: 0...UInt64.max, using: &generator)
        let high = happens(50) ? 0x019a_b9d0_0000_7000 | UInt64(index) : random
        return JobID(high: high, low: low).description
    }

    private mutating func metadata(_ id: JobID) -> String {
        let other = happens(5) ? pick(ids) : id.description
        let firedBy = happens(20) ? #", "fired_by": "\#(pick(ids))""# : ""
        let overlap = happens(20) ? #", "overlap": "\#(pick(["skip", "allow", "queue", "x"]))""# : ""
        let catchUp = happens(20) ? #", "catch_up": "\#(pick(Self.numbers + ["none", "one", "1000"]))""# : ""
        let schedule = pick(Self.specs).replacing("\u{0}", with: "\\u0000")
        let created = happens(90) ? "2026-11-24T08:15:30Z" : pick(Self.times)
        return """
            {"format": \(number()), "id": "\(other)", "actor": "USER", "schedule": "\(schedule)",
             "project": "\(happens(90) ? "trouble" : "gone")", "spider": "fast", "description": "d", "payload": "{}",
             "created": "\(created)"\(firedBy)\(overlap)\(catchUp)}
            """
    }

    private mutating func status() -> String {
        var line = pick(Self.states) + " at=" + (happens(60) ? "2026-11-24T08:15:30Z" : pick(Self.times))
        for fact in Self.facts where happens(35) { line += " \(fact)=\(pick(Self.numbers))" }
        for fact in Self.timeFacts where happens(50) { line += " \(fact)=\(pick(Self.times))" }
        let long = String(repeating: "a", count: 300)
        if happens(30) { line += " attempt=\(pick(["a", "../../x", "%2e%2e%2fx", long]))" }
        if happens(10) { line += " executor=slurm" }
        if happens(20) { line += " reason=terminated" }
        if happens(3) { line += String(repeating: " x=y", count: 20_000) }
        return line + "\n"
    }

    /// Logs and files of odd lengths and times.
    private mutating func leaveFiles(in directory: String) throws {
        for name in ["job.out", "job.err", "work/file", ".status.spare"] where happens(60) {
            try File.write("x\n", to: "\(directory)/\(name)")
            if happens(50) { truncate("\(directory)/\(name)", off_t(pick(["0", "4294967296", "1099511627776"])) ?? 0) }
            // Beyond what counts in nanoseconds, before the epoch.
            let second = pick(["13569465600", "-2000000000", "0"])
            let time = timespec(tv_sec: Int(second) ?? 0, tv_nsec: 0)
            let times = [time, time]
            utimensat(AT_FDCWD, "\(directory)/\(name)", times, 0)
        }
    }
}

/// Numbers that are the same each time (SplitMix64).
struct Steps: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
