import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("What is left of purged jobs")
struct HistoryTests {
    private static let day: Int64 = 1_795_856_400_000_000  // 2026-11-28T09:00:00Z

    private func finished(_ state: JobState, in temporary: TemporarySpool, at: Int64 = day) throws -> Job {
        var job = temporary.job(state, at: at)
        job.status[.ended] = job.status[.at]
        try temporary.spool.create(job)
        try temporary.spool.unmark(job.id)
        return job
    }

    private func lines(_ temporary: TemporarySpool, _ day: String = "2026-11-28") throws -> [String] {
        try temporary.text("history/\(day)").split(separator: "\n").map(String.init)
    }

    @Test("Each has one line in the file of the day on which it ended, which is there before its directory goes")
    func lines() throws {
        let temporary = try TemporarySpool()
        let jobs = try [JobState.successful, .failed, .canceled].map { try finished($0, in: temporary) }
        let other = try finished(.failed, in: temporary, at: Self.day + 86_400_000_000)
        #expect(temporary.spool.purge(jobs.map(\.id) + [other.id]).gone.count == 4)
        #expect(
            try lines(temporary)
                == jobs.map { "\($0.id) 2026-11-28T09:00:00.000000Z - shop books \($0.status.state.rawValue)" })
        #expect(try lines(temporary, "2026-11-29").count == 1)
        #expect(try temporary.spool.historyDays() == ["2026-11-28", "2026-11-29"])
        #expect(try temporary.permissions("history") == 0o700 && temporary.permissions("history/2026-11-28") == 0o600)
        #expect(temporary.spool.purge(jobs.map(\.id)).rubbish.isEmpty)
        #expect(try lines(temporary).count == 3)
    }

    @Test("A job that is not finished, is marked, is gone or cannot be read has none")
    func none() throws {
        let temporary = try TemporarySpool()
        let pending = temporary.job()
        try temporary.spool.create(pending)
        let marked = try finished(.failed, in: temporary)
        try temporary.spool.mark(marked.id)
        let damaged = try finished(.failed, in: temporary)
        try temporary.spool.root.writeDurably(temporary.place(damaged.id) + "/metadata.json", Array("{".utf8))
        let gone = temporary.job(.failed)
        let purge = temporary.spool.purge([pending.id, marked.id, damaged.id, gone.id])
        // What cannot be read is not deleted.
        #expect(purge.rubbish.isEmpty && purge.kept.keys.elementsEqual([damaged.id]))
        #expect(temporary.contains(temporary.place(damaged.id)))
        #expect(try temporary.names("history").isEmpty)
    }

    @Test(
        "What a loss of power has left of a line is written over, and what a person has left is not",
        arguments: [
            ("", 0), ("# kept\n", 1), ("# kept", 1), ("01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77 2026-11-28T0", 0),
            ("# kept\n01933f2e-8a10", 1), ("# kept\n\0\0\0\0", 1), ("\0\0\0", 0), ("# kept\ngarbage\n", 2),
            ("01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77 2026-11-28T09:00:00Z 1 shop books SUCCESSFUL", 1),
            ("01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77 2026-11-28T09:00:00Z 1 shop books SUCC\0\0", 0),
            ("# kept\ngarbage", 2), ("garbage", 1), ("# kept\nnot a line of the server\0", 2),
        ])
    func torn(_ text: String, _ kept: Int) throws {
        let temporary = try TemporarySpool()
        try temporary.spool.root.writeDurably("history/2026-11-28", Array(text.utf8))
        let job = try finished(.failed, in: temporary)
        #expect(temporary.spool.purge([job.id]).gone == [job.id])
        let lines = try lines(temporary)
        #expect(lines.count == kept + 1 && lines.last?.hasPrefix("\(job.id) ") == true, "\(lines)")
        #expect(lines.dropLast().allSatisfy { text.contains($0) })
    }

    @Test("A tail of zeros that is longer than any line goes, and one that is longer than what is looked at stays")
    func longTail() throws {
        for (count, kept) in [(100_000, 0), (200_000, 1)] {
            let temporary = try TemporarySpool()
            try temporary.spool.root.writeDurably("history/2026-11-28", [UInt8](repeating: 0, count: count))
            let job = try finished(.failed, in: temporary)
            #expect(temporary.spool.purge([job.id]).gone == [job.id])
            #expect(try lines(temporary).count == kept + 1)
        }
    }

    @Test("A backup that shares the file by a hard link stays as it is")
    func hardLink() throws {
        let temporary = try TemporarySpool()
        let first = try finished(.failed, in: temporary)
        _ = temporary.spool.purge([first.id])
        #expect(link("\(temporary.path)/history/2026-11-28", "\(temporary.path)/backup") == 0)
        let before = try temporary.text("backup")
        let second = try finished(.failed, in: temporary)
        #expect(temporary.spool.purge([second.id]).failure == nil)
        #expect(try lines(temporary).count == 2 && temporary.text("backup") == before)
    }

    @Test("What is of another kind goes to quarantine/ and keeps no job from being counted", arguments: 0..<5)
    func stranger(_ kind: Int) throws {
        let temporary = try TemporarySpool()
        switch kind {
        case 0:
            try temporary.spool.root.removeTree("history")
            try temporary.spool.root.writeDurably("history", [65])
        case 1: try temporary.spool.root.makeDirectory("history/2026-11-28")
        case 2: try temporary.spool.root.makeLink("history/2026-11-28", to: "../format")
        case 3: #expect(mkfifo("\(temporary.path)/history/2026-11-28", 0o600) == 0)
        default:
            try temporary.spool.root.removeTree("history")
            try temporary.spool.root.makeLink("history", to: "projects")
        }
        let job = try finished(.failed, in: temporary)
        let purge = temporary.spool.purge([job.id])
        #expect(purge.gone == [job.id] && purge.failure == nil)
        #expect(try lines(temporary).count == 1 && temporary.names("quarantine").count == 2)
        #expect(try temporary.text("format").hasPrefix("scrapy-spool 1\n") && temporary.names("projects").isEmpty)
        let remarks = temporary.spool.takeHistoryRemarks()
        let path = kind == 0 || kind > 3 ? "history" : "history/2026-11-28"
        #expect(remarks.count == 1 && remarks.allSatisfy { $0.hasPrefix("\(path) is ") }, "\(remarks)")
        #expect(remarks.first?.contains("moved to quarantine/history") == true)
        #expect(temporary.spool.takeHistoryRemarks().isEmpty)
    }

    @Test("A directory that was removed, or a file, is made again")
    func removed() throws {
        let temporary = try TemporarySpool()
        for path in ["history", "history/2026-11-28", "history"] {
            let job = try finished(.failed, in: temporary)
            #expect(temporary.spool.purge([job.id]).gone == [job.id])
            #expect(try lines(temporary).count == 1)
            try temporary.spool.root.removeTree(path)
        }
    }

    @Test("A file that cannot be written keeps the jobs", .enabled(if: Host.effectiveUser != 0))
    func unwritable() throws {
        let temporary = try TemporarySpool()
        try temporary.spool.root.writeDurably("history/2026-11-28", [])
        try temporary.spool.root.setPermissions("history/2026-11-28", 0o400)
        let job = try finished(.failed, in: temporary)
        let purge = temporary.spool.purge([job.id])
        #expect(purge.failure != nil && purge.rubbish.isEmpty && temporary.contains(temporary.place(job.id)))
    }

    @Test("A shortened file tells of as many jobs, and jobs that still have a directory keep their line")
    func compact() throws {
        let temporary = try TemporarySpool()
        let jobs = try (0..<100).map {
            try finished($0 % 3 == 0 ? .failed : .successful, in: temporary, at: Self.day + Int64($0))
        }
        _ = temporary.spool.purge(jobs.map(\.id))
        var kept = temporary.job(.failed, at: Self.day)
        kept.status[.ended] = kept.status[.at]
        try temporary.spool.create(kept)
        let line = try #require(HistoryLine(of: kept.metadata, kept.status)).line
        let text = try temporary.text("history/2026-11-28")
        try temporary.spool.root.writeDurably("history/2026-11-28", Array((text + text + line).utf8))
        let size = try temporary.spool.compactHistory(of: "2026-11-28")
        #expect(
            try lines(temporary) == [
                String(line.dropLast()), "x34 2026-11-28T09:00:00.000000Z - shop books FAILED",
                "x66 2026-11-28T09:00:00.000000Z - shop books SUCCESSFUL",
            ])
        #expect(size == (try temporary.spool.root.information("history/2026-11-28").size))
        #expect(try temporary.spool.compactHistory(of: "2026-11-28") == nil)
        #expect(throws: SpoolError.self) { _ = try temporary.spool.compactHistory(of: "2026-11-27") }
    }
}

extension HistoryTests {
    @Test(
        "A line that is too long to be one stays when the file is shortened, and goes to quarantine/ when it is mended",
        arguments: [HistoryLine.longest + 1, 100_000, 1 << 20, (1 << 20) + 1, 3 << 20])
    func long(length: Int) throws {
        let temporary = try TemporarySpool()
        let jobs = try (0..<50).map { try finished(.failed, in: temporary, at: Self.day + Int64($0)) }
        _ = temporary.spool.purge(jobs.map(\.id))
        let long = String(repeating: "z", count: length)
        let whole = try temporary.text("history/2026-11-28") + long + "\n"
        try temporary.spool.root.writeDurably("history/2026-11-28", Array(whole.utf8))
        func text(_ path: String) throws -> String {
            String(decoding: try temporary.spool.root.content(path, limit: 8 << 20), as: UTF8.self)
        }
        let size = try temporary.spool.compactHistory(of: "2026-11-28")
        let short = try text("history/2026-11-28").split(separator: "\n").map(String.init)
        // A line of which not all can be held in memory keeps the file as it is.
        #expect(short.contains(long) && (size == nil) == (length > 1 << 20) && short.count == (size == nil ? 51 : 2))
        try temporary.spool.mendHistory(of: "2026-11-28")
        #expect(try text("quarantine/history-2026-11-28").contains(long))
        let mended = try lines(temporary)
        let counted = mended.compactMap { HistoryLine(parsing: Array($0.utf8)[...])?.count }
        #expect(counted.reduce(0, +) == 50 && mended.count == counted.count)
    }

    @Test(
        "No bytes of lines that cannot be read are lost: by an added line, by shortening, or by a repair",
        arguments: [
            String(repeating: "\(old)\r", count: 2),
            String(repeating: "\(old)\r", count: 60), String(repeating: "\(old)\r", count: 3000), "\(old)\rgarbage",
            "garbage \u{1}\n\(old)\n", String(repeating: "\0", count: 8192) + "rest of a line\n\(old)\n",
            "\(old)\n\0\0x\n\0", "\(old)\n" + String(repeating: "d", count: 200_000), "\(old) \r\n\(old)\r\n",
        ])
    func unreadable(_ text: String) throws {
        let temporary = try TemporarySpool()
        try temporary.spool.root.writeDurably("history/2026-11-28", Array(text.utf8))
        let job = try finished(.failed, in: temporary)
        #expect(temporary.spool.purge([job.id]).gone == [job.id])
        func content(_ path: String) throws -> [UInt8] { try temporary.spool.root.content(path, limit: 8 << 20) }
        let damaged = text.utf8.split(separator: UInt8(ascii: "\n")).map(Array.init).filter { line in
            let end = line.last == UInt8(ascii: "\r") ? line.count - 1 : line.count
            return HistoryLine(parsing: line[..<end]) == nil && line.contains { $0 != 0 }
        }
        func expectKept(_ path: String) throws {
            let content = try content(path)
            for line in damaged { #expect(content.contains(line), "\(path)") }
        }
        try expectKept("history/2026-11-28")
        _ = try temporary.spool.compactHistory(of: "2026-11-28")
        try expectKept("history/2026-11-28")
        try temporary.spool.mendHistory(of: "2026-11-28")
        #expect(temporary.contains("quarantine/history-2026-11-28") == !damaged.isEmpty)
        if !damaged.isEmpty { try expectKept("quarantine/history-2026-11-28") }
        #expect(try content("history/2026-11-28").contains(Array("shop books FAILED\n".utf8)))
    }

    private static let old = "01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77 2026-11-28T09:00:00Z 1 shop books FAILED"

    @Test("A remark stays whatever its length, when the file is shortened and when it is mended")
    func longRemark() throws {
        for length in [5000, 3 << 20] {
            let temporary = try TemporarySpool()
            let remark = "# " + String(repeating: "r", count: length)
            let text = "\(remark)\n\(Self.old)\n"
            try temporary.spool.root.writeDurably("history/2026-11-28", Array(text.utf8))
            _ = try temporary.spool.compactHistory(of: "2026-11-28")
            try temporary.spool.mendHistory(of: "2026-11-28")
            let content = try temporary.spool.root.content("history/2026-11-28", limit: 8 << 20)
            #expect(String(decoding: content, as: UTF8.self).contains(remark))
            #expect(try temporary.names("quarantine").isEmpty)
        }
    }

    @Test("Reading ends at a limit, and when no more is wanted")
    func limit() throws {
        let temporary = try TemporarySpool()
        try temporary.spool.root.writeDurably("history/2026-11-28", [UInt8](repeating: 65, count: 1 << 20))
        for (limit, goesOn, count) in [(Int64.max, true, 1 << 20), (300_000, true, 300_000), (0, true, 0)] {
            var bytes = 0
            try temporary.spool.readHistory(of: "2026-11-28", upTo: limit) { piece in
                bytes += piece.count
                return goesOn
            }
            #expect(bytes == count)
        }
        var pieces = 0
        try temporary.spool.readHistory(of: "2026-11-28") { _ in
            pieces += 1
            return false
        }
        #expect(pieces == 1)
    }

    @Test("A pinned job is not purged until it is unpinned; a job that is gone cannot be pinned")
    func pin() throws {
        let temporary = try TemporarySpool()
        let job = temporary.job(.failed)
        #expect(throws: SpoolError.self) { try temporary.spool.pin(job.id) }
        try temporary.spool.create(job)
        try temporary.spool.unmark(job.id)
        for _ in 0..<2 { try temporary.spool.pin(job.id) }
        let purge = temporary.spool.purge([job.id])
        #expect(purge.pinned == [job.id] && purge.gone.isEmpty && purge.rubbish.isEmpty)
        #expect(temporary.spool.isPinned(job.id) && temporary.contains(temporary.place(job.id)))
        #expect(try temporary.names("history").isEmpty)
        for _ in 0..<2 { try temporary.spool.unpin(job.id) }
        #expect(temporary.spool.purge([job.id]).gone == [job.id] && !temporary.spool.isPinned(job.id))
        #expect(throws: SpoolError.self) { try temporary.spool.unpin(job.id) }
    }
}
