import Glibc
import LinuxSystem
import Scheduling
import SpoolHTTP
import SpoolModel
import SpoolStore
import Synchronization
import TestSpool
import Testing

/// What the index of finished jobs says beside the directories of the jobs, whatever stands in `summaries/`.
@Suite("Finished jobs and their summaries")
struct FinishedIndexTests {
    private let temporary: TemporarySpool
    private var spool: Spool { temporary.spool }
    /// Longer than the clock of a filesystem takes from one time to the next.
    private static let settling = Int64(50_000)

    init() throws {
        temporary = try TemporarySpool()
    }

    private func index(in zone: TimeZoneRules = .utc, mayWrite: Bool = true) throws -> FinishedIndex {
        let source = IndexSource(
            spool: spool, zone: zone, isShared: { false }, observer: try TreeObserver(isShared: { false })
        ) { work in
            do { try startThread(named: "round") { work(true) } } catch { work(false) }
        }
        return FinishedIndex(source, settling: FinishedIndexTests.settling) { mayWrite }
    }

    /// What is to be listed, read without any memory.
    private func expected(in zone: TimeZoneRules = .utc) throws -> [String] {
        let jobs = try spool.allIDs().ids.compactMap { id in spool.jobIfAny(id) }.filter { $0.status.state.isFinal }
        return jobs.sorted { ($1.status[.at]!, $1.id) < ($0.status[.at]!, $0.id) }.map { text(of: $0, in: zone) }
    }

    private func text(of job: Job, in zone: TimeZoneRules) -> String {
        let (metadata, status) = (job.metadata, job.status)
        return JSON.object([
            JSON.Member("identifier", .string("\(job.id)")), JSON.Member("status", .string(status.state.rawValue)),
            JSON.Member("actor", .string(metadata.actor.rawValue)), JSON.Member("schedule", .string(metadata.schedule)),
            JSON.Member("project", .string("\(metadata.project)")),
            JSON.Member("spider", .string("\(metadata.spider)")),
            JSON.Member("description", .string(metadata.description)),
            JSON.Member("timestamp", .string(zone.civil(at: status[.at]!).text)),
            JSON.Member("duration", status.duration.map { .number($0) } ?? .null),
            JSON.Member("payload", .string(metadata.payload)),
        ]).line
    }

    /// A finished job of a day some days ago, or with an id without a day.
    private func make(_ generator: inout RepeatableGenerator, daysAgo: Int64, hasDay: Bool = true) throws -> JobID {
        let created = Timestamp(
            microseconds: SystemClock.wall() - daysAgo * 86_400_000_000
                - Int64.random(in: 0..<3_600_000_000, using: &generator))
        let low = UInt64.random(in: 0...UInt64.max, using: &generator)
        let id =
            hasDay
            ? JobID(at: created, using: &generator)
            : JobID(
                high: low & ~0xf000 | 0x4000,
                low: 1 << 63 | (low >> 3 & ~0xff) | UInt64.random(in: 0...3, using: &generator))
        let started = created.adding(seconds: 1)
        let ended = started.adding(seconds: Int64.random(in: 0..<90_000, using: &generator))
        var status = JobStatus([.successful, .failed, .canceled].randomElement(using: &generator)!, at: ended)
        if Bool.random(using: &generator) { (status[.started], status[.ended]) = (started, ended) }
        let job = Job(
            metadata: JobMetadata(
                id: id, actor: .user, schedule: "now", project: ProjectName("shop")!,
                spider: SpiderName("spider\(Int.random(in: 0..<4, using: &generator))")!,
                description: ["", "Öl \" \\ \u{1F600}\n"].randomElement(using: &generator)!,
                payload: String(repeating: "x", count: Int.random(in: 0..<3000, using: &generator)), created: created),
            status: status)
        try spool.create(job)
        try spool.unmark(id)
        return id
    }

    /// Waits until the files are old enough for a summary, by making one that is.
    private func settle() throws {
        let path = "settled"
        try spool.root.writeDurably(path, [])
        let changed = try spool.root.information(path).changed / 1000
        while SystemClock.wall() <= changed + FinishedIndexTests.settling { sched_yield() }
        try spool.root.remove(path)
    }

    private func summaries() throws -> [String] {
        temporary.contains(Spool.summaries) ? try temporary.names(Spool.summaries) : []
    }

    @Test("Days that are over get a summary, from which the same is listed, in any time zone")
    func summarized() async throws {
        var generator = RepeatableGenerator(seed: 1)
        for number in 0..<60 { _ = try make(&generator, daysAgo: Int64(number % 3), hasDay: number % 7 > 0) }
        try settle()
        let listed = try await index().texts()
        #expect(try listed == expected())
        let names = try summaries()
        #expect(names.count { $0.hasPrefix("20") } >= 2 && names.contains { $0.hasPrefix("other-") })
        let today = CivilTime(Timestamp(microseconds: SystemClock.wall())).dateText
        #expect(!names.contains(today))
        for zone in [
            TimeZoneRules.utc, try TimeZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3"),
            try TimeZoneRules(posix: "<-11>11"),
        ] {
            #expect(try await index(in: zone).texts() == expected(in: zone))
        }
        #expect(try summaries() == names)
        try spool.root.removeTree(Spool.summaries)
        #expect(try await index(mayWrite: false).texts() == listed)
        #expect(try summaries().isEmpty)
    }

    @Test("A summary is really read: a text that is changed in it is noticed, and the job is read instead")
    func isUsed() async throws {
        var generator = RepeatableGenerator(seed: 2)
        let ids = try (0..<20).map { _ in try make(&generator, daysAgo: 3) }
        try settle()
        let listed = try await index().texts()
        let days = try summaries()
        // A job without permission cannot be read again, but its stamp can.
        let metadata = "\(temporary.path)/\(temporary.place(ids[0]))/metadata.json"
        let content = try spool.root.content("\(temporary.place(ids[0]))/metadata.json", limit: 1 << 20)
        let seal = try spool.directory(of: ids[0]).snapshot.seal
        #expect(
            try spool.directory(of: ids[0]).snapshot.seal == seal && !content.isEmpty && metadata.hasSuffix(".json"))
        for day in days {
            var bytes = try spool.root.content("summaries/\(day)", limit: 1 << 20)
            let index = bytes.count / 4
            bytes[index] ^= 4
            try spool.root.directory("summaries").writeDurably(day, bytes)
        }
        let again = try index()
        #expect(try await again.texts() == listed)
        again.sweep()
        #expect(try await again.texts() == listed)
    }

    @Test("No answer depends on summaries", arguments: 1...12 as ClosedRange<UInt64>)
    func histories(seed: UInt64) async throws {
        var generator = RepeatableGenerator(seed: seed)
        let index = try index()
        var ids: [JobID] = []
        var kept: [String: [UInt8]] = [:]
        for step in 1...60 {
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                try change(&ids, &kept, &generator)
            }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: break
            case 1:
                try settle()
                index.drop()
            case 2: index.drop()
            default: index.sweep()
            }
            let isSwept = Bool.random(using: &generator)
            if isSwept { index.sweep() } else { index.drop() }
            let (listed, expected) = (try await index.texts(), try expected())
            #expect(listed == expected, "seed \(seed), step \(step)")
            guard listed == expected else { return }
            #expect(try temporary.names("tmp").filter { $0.hasPrefix("summary.") }.isEmpty)
        }
    }

    private func change(
        _ ids: inout [JobID], _ kept: inout [String: [UInt8]], _ generator: inout RepeatableGenerator
    ) throws {
        guard let id = ids.randomElement(using: &generator), Int.random(in: 0..<3, using: &generator) > 0 else {
            let hasDay = Int.random(in: 0..<4, using: &generator) > 0
            return ids.append(try make(&generator, daysAgo: Int64.random(in: 0...3, using: &generator), hasDay: hasDay))
        }
        let place = temporary.place(id)
        switch Int.random(in: 0..<15, using: &generator) {
        case 0:
            // As an editor that writes another file, or into the same.
            guard let directory = spool.directoryIfAny(of: id), var status = spool.jobIfAny(id)?.status else { return }
            status.state = JobState.allCases.randomElement(using: &generator)!
            status[.at] = status[.at]?.adding(seconds: Int64.random(in: -2...2, using: &generator))
            if Bool.random(using: &generator) {
                try directory.publish(status)
            } else {
                try directory.directory.rewriteDurably("status", Array(status.line.utf8))
            }
        case 1: if spool.directoryIfAny(of: id) != nil { try spool.pin(id) }
        case 2: if spool.directoryIfAny(of: id) != nil { try spool.unpin(id) }
        case 3: for name in spool.purge([id]).rubbish { _ = spool.removeRubbish(name) }
        case 4: if temporary.contains(place) { try spool.root.removeTree(place) }
        case 5:
            if temporary.contains("jobs/\(id.day)"), Bool.random(using: &generator) {
                try spool.jobs.removeTree(id.day)
            }
        case 6:
            // Moved away and back, or copied.
            guard temporary.contains(place), let status = spool.directoryIfAny(of: id) else { return }
            let content = try status.directory.content("status")
            try status.directory.remove("status")
            try status.directory.writeDurably("status", content)
        case 7:
            guard let directory = spool.directoryIfAny(of: id), directory.directory.contains("metadata.json") else {
                return
            }
            let text = String(decoding: try directory.directory.content("metadata.json"), as: UTF8.self)
            try directory.directory.publish("metadata.json", Array(text.replacing("spider", with: "Spider").utf8))
        case 8: try spool.root.removeTree(Spool.summaries)
        case 9:
            // Moved elsewhere, with a link in its place.
            guard spool.jobs.informationIfAny("\(id.day)/\(id)")?.kind == .directory else { return }
            let day = try spool.jobs.directory(id.day)
            try spool.root.replace("moved-\(id)", in: spool.root, by: "jobs/\(id.day)/\(id)")
            try day.makeLink("\(id)", to: "../../moved-\(id)")
        default: try damage(&kept, &generator)
        }
    }

    /// Does something to a summary.
    private func damage(_ kept: inout [String: [UInt8]], _ generator: inout RepeatableGenerator) throws {
        guard let day = try summaries().randomElement(using: &generator),
            spool.root.informationIfAny("summaries/\(day)")?.kind == .file
        else { return }
        let path = "summaries/\(day)"
        let summaries = try spool.root.directory(Spool.summaries)
        var bytes = try summaries.content(day, limit: 1 << 24)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: try summaries.remove(day)
        case 1...2:
            for _ in 0...2 where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(
                    in: 1...255, using: &generator)
            }
            try summaries.writeDurably(day, bytes)
        case 3: try summaries.writeDurably(day, Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
        case 4:
            try summaries.remove(day)
            mkfifo("\(temporary.path)/\(path)", 0o600)
        case 5:
            try summaries.remove(day)
            try summaries.makeLink(day, to: "../format")
        case 6:
            // An earlier one, or that of another day.
            let other = kept.randomElement(using: &generator)?.value ?? []
            try summaries.writeDurably(day, kept[day] ?? other)
        case 7: try summaries.writeDurably(day, kept.randomElement(using: &generator)?.value ?? [])
        default: kept[day] = bytes
        }
    }

    @Test("A change by hand is found by a sweep, but for one of a server that stops", arguments: [true, false])
    func stops(isStopping: Bool) async throws {
        var generator = RepeatableGenerator(seed: 6)
        let ids = try (0..<6).map { _ in try make(&generator, daysAgo: 2) }
        let index = try index()
        let listed = try await index.texts()
        for id in ids {
            let content = try spool.root.content("\(temporary.place(id))/metadata.json", limit: 1 << 20)
            let text = String(decoding: content, as: UTF8.self).replacing("spider", with: "Spider")
            try spool.directory(of: id).directory.rewriteDurably("metadata.json", Array(text.utf8))
        }
        if isStopping { index.stop() }
        index.sweep()
        #expect(try await index.texts() == (isStopping ? listed : expected()))
        #expect(try listed != expected())
    }

    @Test("A summary of which no job is left goes, though its day stays", arguments: [true, false])
    func obsolete(mayWrite: Bool) async throws {
        var generator = RepeatableGenerator(seed: 5)
        let ids = try (0..<6).map { _ in try make(&generator, daysAgo: 2) }
        try settle()
        _ = try await index().texts()
        for day in Set(ids.map(\.day)) { try spool.root.makeDirectory("jobs/\(day)/stray") }
        for name in spool.purge(ids).rubbish { _ = spool.removeRubbish(name) }
        #expect(try !summaries().isEmpty)
        #expect(try await index(mayWrite: mayWrite).texts().isEmpty)
        #expect(try summaries().isEmpty == mayWrite)
    }

    @Test("A tree that may not be written to gets no summary, and says the same")
    func readOnly() async throws {
        var generator = RepeatableGenerator(seed: 3)
        for _ in 0..<10 { _ = try make(&generator, daysAgo: 2) }
        try settle()
        #expect(try await index(mayWrite: false).texts() == expected())
        #expect(try summaries().isEmpty)
    }

    @Test("A copied tree, in which all inodes are others, says the same from its own jobs")
    func copied() async throws {
        var generator = RepeatableGenerator(seed: 4)
        let ids = try (0..<10).map { _ in try make(&generator, daysAgo: 2) }
        try settle()
        let listed = try await index().texts()
        for id in ids {
            let directory = try spool.root.directory(temporary.place(id))
            for name in ["status", "metadata.json"] {
                // As rsync -a: another inode with the same time.
                let information = try directory.information(name)
                let text = String(decoding: try directory.content(name), as: UTF8.self)
                try directory.remove(name)
                try directory.writeDurably(name, Array(text.utf8))
                var times = [timespec](
                    repeating: timespec(
                        tv_sec: Int(information.modified / 1_000_000_000),
                        tv_nsec: Int(information.modified % 1_000_000_000)), count: 2)
                #expect(utimensat(AT_FDCWD, "\(temporary.path)/\(temporary.place(id))/\(name)", &times, 0) == 0)
            }
        }
        try spool.directory(of: ids[3]).publish(JobStatus(.canceled, at: Timestamp(seconds: 1_800_000_000)))
        let changed = try await index().texts()
        #expect(try changed == expected() && changed != listed)
    }
}
