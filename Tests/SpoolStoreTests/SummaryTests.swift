import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Summaries of days")
struct SummaryTests {
    private let temporary: TemporarySpool
    private let day = "2026-11-20"
    private var spool: Spool { temporary.spool }

    init() throws {
        temporary = try TemporarySpool()
    }

    /// What stands in a summary of the tests.
    private struct Sample {
        let id: JobID, snapshot: JobSnapshot, at: Timestamp, ended: Timestamp?, seconds: Int32, state: JobState
        let place: SummaryPlace, text: [UInt8]
    }

    private func sample(_ number: Int) throws -> Sample {
        let at = Timestamp(rfc3339: "2026-11-20T08:00:00Z")!.adding(seconds: Int64(number))
        let job = temporary.job(.successful, at: at.microseconds)
        try spool.create(job)
        let schedule = number % 3 == 0 ? JobID(high: 0x0123_7000, low: 1 << 63 | UInt64(number)) : nil
        let place = SpiderPlace(project: ProjectName("shop")!, spider: SpiderName("spider \(number % 4) 日")!)
        return Sample(
            id: job.id, snapshot: try spool.directory(of: job.id).snapshot, at: at,
            ended: number % 5 == 0 ? nil : at.adding(seconds: 1), seconds: Int32(number) - 1,
            state: [.successful, .failed, .canceled][number % 3], place: SummaryPlace(place, firedBy: schedule),
            text: Array("{\"timestamp\": \"2026-11-20 08:00:00.000000\", \"n\": \(number)}".utf8))
    }

    private let timeOffset = 15

    private func write(_ samples: [Sample]) throws -> [JobID: DaySummary.Text] {
        let draft = try SummaryDraft(of: day, in: spool)
        var places: [JobID: DaySummary.Text] = [:]
        for sample in samples {
            places[sample.id] = try sample.text.withUnsafeBytes {
                try draft.add(
                    sample.id, sample.snapshot.stamp, seal: sample.snapshot.seal, at: sample.at, ended: sample.ended,
                    seconds: sample.seconds, sample.state, of: sample.place, text: $0, timeOffset: timeOffset)
            }
        }
        try draft.publish()
        return places
    }

    /// What a summary says, apart from the order of its places; nil for one that is not used.
    private func present() -> [JobID: (DaySummary.Record, SummaryPlace)]? {
        guard let summary = spool.summary(of: day, most: 1000) else { return nil }
        var content: [JobID: (DaySummary.Record, SummaryPlace)] = [:]
        for index in 0..<summary.count {
            guard let record = summary.record(at: index) else { continue }
            content[record.id] = (record, summary.places[record.place])
        }
        return content
    }

    private func text(of record: DaySummary.Record) -> [UInt8]? {
        guard
            let bytes = SummaryTexts(of: spool).bytes(
                ofDay: JobID.dayNumber(of: day)!, from: record.text, to: record.text)
        else { return nil }
        return bytes.withUnsafeBytes { bytes in
            SummaryTexts.text(in: bytes, at: 0, of: record.id, record.stamp, length: record.text.length)
                .map { Array(bytes[$0.range]) }
        }
    }

    @Test("A summary has what was put into it")
    func roundTrip() throws {
        let samples = try (0..<40).map { try sample($0) }
        let places = try write(samples.shuffled())
        let content = try #require(present())
        #expect(content.count == 40)
        for sample in samples {
            let (record, place) = try #require(content[sample.id])
            #expect(record.stamp == sample.snapshot.stamp && record.seal == sample.snapshot.seal)
            #expect(record.at == sample.at && record.ended == sample.ended && record.seconds == sample.seconds)
            #expect(record.state == sample.state && place == sample.place && record.text == places[sample.id])
            #expect(text(of: record) == sample.text)
        }
        #expect(try temporary.names("tmp").isEmpty && temporary.names("summaries") == [day])
        #expect(try temporary.permissions("summaries/\(day)") == 0o600)
    }

    @Test("A draft that is not published leaves nothing, and the earlier summary")
    func draft() throws {
        _ = try write([try sample(1)])
        do {
            let draft = try SummaryDraft(of: day, in: spool)
            #expect(draft.count == 0)
        }
        #expect(try temporary.names("tmp").isEmpty && present()?.count == 1)
    }

    @Test("One that is dropped is gone, and one that was begun before is not published")
    func dropped() throws {
        _ = try write([try sample(1)])
        let before = spool.summaryDropCount
        let draft = try SummaryDraft(of: day, in: spool)
        spool.dropSummary(of: day)
        #expect(present() == nil)
        #expect(throws: SystemError.self) { try draft.publish() }
        #expect(throws: SystemError.self) { try SummaryDraft(of: day, in: spool, since: before).publish() }
        #expect(try present() == nil && temporary.names("summaries").isEmpty)
        _ = try write([try sample(2)])
        #expect(present()?.count == 1)
    }

    @Test("A wrong bit anywhere is noticed: the summary is not used, or the text is not")
    func bits() throws {
        let samples = try (0..<6).map { try sample($0) }
        _ = try write(samples)
        let texts = Dictionary(uniqueKeysWithValues: samples.map { ($0.id, $0.text) })
        let good = try spool.root.content("summaries/\(day)")
        let known = try #require(present()).mapValues { $0.0 }
        for index in good.indices {
            var bad = good
            bad[index] ^= 1 << UInt8(index % 8)
            try spool.root.directory("summaries").writeDurably(day, bad)
            guard let content = present() else { continue }
            // In the texts: the facts are as they were.
            #expect(content.mapValues { $0.0 } == known, "byte \(index)")
            let wrong = content.values.count { text(of: $0.0) != texts[$0.0.id] }
            #expect(content.values.allSatisfy { [nil, texts[$0.0.id]].contains(text(of: $0.0)) }, "byte \(index)")
            #expect(wrong <= 1)
        }
    }

    @Test("A part of a summary, and one with more after it, is not used")
    func lengths() throws {
        _ = try write(try (0..<4).map { try sample($0) })
        let good = try spool.root.content("summaries/\(day)")
        for length in 0..<good.count {
            try spool.root.directory("summaries").writeDurably(day, Array(good.prefix(length)))
            #expect(present() == nil, "\(length) bytes")
        }
        try spool.root.directory("summaries").writeDurably(day, good + [0])
        #expect(present() == nil)
        // As a loss of power may leave it.
        try spool.root.directory("summaries").writeDurably(day, [UInt8](repeating: 0, count: good.count))
        #expect(present() == nil)
    }

    @Test("What is no file in the place of a summary is not used, and a new one takes its place", arguments: 0..<4)
    func kinds(kind: Int) throws {
        let samples = try (0..<4).map { try sample($0) }
        _ = try write(samples)
        let path = "summaries/\(day)"
        try spool.root.removeTree(path)
        switch kind {
        case 0: mkfifo("\(temporary.path)/\(path)", 0o600)
        case 1: try spool.root.makeLink(path, to: "../format")
        case 2:
            // A sparse file of a terabyte.
            try spool.root.file(path, O_WRONLY | O_CREAT).truncate(to: 1 << 40)
        default: try spool.root.makeLink(path, to: "/dev/zero")
        }
        #expect(present() == nil)
        _ = try write(samples)
        #expect(present()?.count == 4)
        #expect(try temporary.text("format").hasPrefix("scrapy-spool 1"))
    }

    @Test("A directory in the place of a summary stays, and nothing is left in tmp/")
    func directory() throws {
        let samples = [try sample(0)]
        _ = try write(samples)
        try spool.root.removeTree("summaries/\(day)")
        try spool.root.makeDirectory("summaries/\(day)")
        #expect(present() == nil)
        #expect(throws: SystemError.self) { try write(samples) }
        #expect(try temporary.names("tmp").isEmpty)
    }

    @Test("A summary with more jobs than its directory may have is of another one")
    func most() throws {
        _ = try write(try (0..<5).map { try sample($0) })
        #expect(spool.summary(of: day, most: 5) != nil && spool.summary(of: day, most: 4) == nil)
    }

    @Test("Jobs that a summary cannot have are left out")
    func leftOut() throws {
        let sample = try sample(1)
        let draft = try SummaryDraft(of: day, in: spool)
        func add(_ at: Timestamp, _ state: JobState, _ text: [UInt8], _ timeOffset: Int) throws -> Bool {
            try text.withUnsafeBytes {
                try draft.add(
                    sample.id, sample.snapshot.stamp, seal: sample.snapshot.seal, at: at, ended: nil, seconds: -1,
                    state,
                    of: sample.place, text: $0, timeOffset: timeOffset)
            } != nil
        }
        #expect(try !add(Timestamp(microseconds: .max), .failed, sample.text, 15))
        #expect(try !add(Timestamp(microseconds: .min), .failed, sample.text, 15))
        #expect(try !add(sample.at, .running, sample.text, 15))
        #expect(try !add(sample.at, .failed, [], 0))
        #expect(try !add(sample.at, .failed, sample.text, sample.text.count))
        #expect(try !add(sample.at, .failed, sample.text, -1))
        #expect(try add(sample.at, .failed, sample.text, 15))
    }

    @Test("A purge that empties a day takes its summary away")
    func purge() throws {
        let sample = try sample(1)
        _ = try write([sample])
        try spool.unmark(sample.id)
        #expect(spool.purge([sample.id]).gone == [sample.id])
        #expect(try temporary.names("summaries").isEmpty)
    }

    @Test("Each change of a job's files changes its seal, and of their content its stamp")
    func seals() throws {
        let sample = try sample(1)
        let job = try spool.directory(of: sample.id)
        let first = job.snapshot
        #expect(first.stamp != .unknown && first == job.snapshot)
        try job.publish(JobStatus(.failed, at: sample.at))
        let second = job.snapshot
        #expect(second.stamp != first.stamp && second.seal != first.seal)
        // With the time set back, as touch(1) does.
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        let path = "\(temporary.path)/\(temporary.place(sample.id))/metadata.json"
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        let third = job.snapshot
        #expect(third.stamp != second.stamp)
        #expect(link(path, "\(path).link") == 0)
        #expect(job.snapshot.stamp == third.stamp && job.snapshot.seal != third.seal)
        #expect(!third.isSettled(at: .init(microseconds: SystemClock.wall()), margin: 3_600_000_000))
        #expect(third.isSettled(at: .init(microseconds: SystemClock.wall() + 7_200_000_000), margin: 3_600_000_000))
        try job.directory.remove("status")
        #expect(job.snapshot.stamp == .unknown)
    }

    @Test("Many jobs are looked at as each alone")
    func many() throws {
        let samples = try (0..<24).map { try sample($0) }
        let ids = samples.map(\.id)
        let missing = JobID(high: samples[0].id.high, low: samples[0].id.low ^ 1)
        let many = Array(repeatElement(ids + [missing], count: 40).joined())
        let directory = try spool.jobs.directory(day)
        let snapshots = spool.snapshots(of: many, in: directory)
        #expect(snapshots.count == many.count)
        for (id, snapshot) in zip(many, snapshots) {
            #expect(snapshot == spool.directoryIfAny(of: id)?.snapshot ?? snapshot)
            #expect((snapshot.stamp == .unknown) == (id == missing))
        }
    }

    @Test("The number of a day leads to its name and back")
    func days() {
        for text in [
            "0195fd2e-8c00-7000-8000-00000000000a", "b0c4e3f2-7d4e-4a51-9d8b-0123456789ff",
            "00000000-0000-0000-0000-000000000000",
        ] {
            let id = JobID(text)!
            #expect(JobID.day(of: id.dayNumber) == id.day && JobID.dayNumber(of: id.day) == id.dayNumber)
        }
        for name in ["other-", "other-1", "other-xyz", "2026-13-01", "2026-11-2", ".", "", "1969-12-31", "other-+1"] {
            #expect(JobID.dayNumber(of: name).map { JobID.day(of: $0) == name } ?? true, "\(name)")
        }
    }
}
