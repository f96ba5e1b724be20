import Glibc
import LinuxSystem
import SpoolHTTP
import SpoolModel
import SpoolStore
import Testing

@Suite("Lines with a text in a log")
struct LineScannerTests {
    /// What a scan is given to read: what stands at an offset.
    private typealias Reading = (UnsafeMutableRawBufferPointer, Int64) throws(SystemError) -> Int

    private static func reading(_ bytes: [UInt8], most: Int = .max) -> Reading {
        { (space, offset) throws(SystemError) in
            guard offset < bytes.count else { return 0 }
            let count = min(space.count, bytes.count - Int(offset), most)
            space.copyBytes(from: bytes[Int(offset)..<(Int(offset) + count)])
            return count
        }
    }

    /// Scans from a place to the end of a log. A scanner that is asked to stop is called again at once.
    private func lines(
        _ text: String, _ read: Reading, ignoringCase: Bool = false, from start: LineScanner.Place = .init(),
        stopping: Bool = false
    ) throws -> [LineScanner.Line] {
        let scanner = LineScanner(try #require(LogText(text, ignoringCase: ignoringCase)))
        var place = start
        var found: [LineScanner.Line] = []
        var calls = 0
        while true {
            calls += 1
            try #require(calls < 100_000)
            let outcome = try scanner.scan(from: &place, read) { line in
                found.append(line)
                return !stopping
            }
            if outcome == .end { return found }
        }
    }

    /// What is to be found, by reading all of a log at once.
    private func expected(_ text: String, _ bytes: [UInt8]) -> [(number: Int64, offset: Int64)] {
        let wanted = Array(text.utf8)
        var (found, offset): ([(Int64, Int64)], Int) = ([], 0)
        for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            for start in 0..<max(0, line.count - wanted.count + 1)
            where line.dropFirst(start).prefix(wanted.count).elementsEqual(wanted) {
                found.append((Int64(index + 1), Int64(offset + start)))
                break
            }
            offset += line.count + 1
        }
        return found
    }

    @Test("Each line is found once, with its number, its offset and its bytes")
    func small() throws {
        let log = Array("one\ntwo two\r\n\nthree two\nfour".utf8)
        let found = try lines("two", Self.reading(log))
        #expect(found.map(\.number) == [2, 4])
        #expect(found.map(\.offset) == [4, 20])
        #expect(found.map { String(decoding: $0.bytes, as: UTF8.self) } == ["two two\r", "three two"])
        #expect(found.allSatisfy { !$0.isCut })
        #expect(try lines("four", Self.reading(log)).map(\.number) == [5])
        #expect(try lines("five", Self.reading(log)).isEmpty)
        #expect(try lines("x", Self.reading([])).isEmpty)
    }

    @Test("A text, and a line feed, at any place around the end of a buffer", arguments: -12...12)
    func borders(_ shift: Int) throws {
        // The first buffer ends at one of these, depending on where the scan begins.
        for border in [LineScanner.chunk, LineScanner.chunk + LineScanner.before, 2 * LineScanner.chunk] {
            for (before, after) in [("", ""), ("\n", "\n"), ("é", "\né"), ("needl\nneedl", "needle\n")] {
                let part = Array("\(before)needle\(after)".utf8)
                var log = [UInt8](repeating: 0x0a, count: 100) + [UInt8](repeating: 0x61, count: border + shift - 100)
                log += part + [UInt8](repeating: 0x62, count: 3000) + Array("\nneedle\n".utf8)
                log += [UInt8](repeating: 0x0a, count: LineScanner.chunk)
                for most in [Int.max, 50_000] {
                    let found = try lines("needle", Self.reading(log, most: most))
                    let expected = expected("needle", log)
                    #expect(found.map(\.number) == expected.map(\.number))
                    #expect(found.map(\.offset) == expected.map(\.offset))
                    #expect(
                        found.allSatisfy { $0.bytes.count <= LineScanner.longest && contains($0.bytes, "needle") })
                }
            }
        }
    }

    private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains(text)
    }

    @Test("Random bytes: the same as by reading all at once, also if each line is asked for by a call of its own")
    func random() throws {
        var generator = RepeatableGenerator(seed: 20)
        for round in 0..<60 {
            let count = Int.random(in: 0...(3 * LineScanner.chunk), using: &generator)
            // Few kinds of bytes, so that there are hits; lines of very different lengths.
            let kinds: [UInt8] = [0, 0x61, 0x62, 0xff, 0xc3]
            let rarity = Int.random(in: 2...50_000, using: &generator)
            let log = (0..<count).map { _ in
                Int.random(in: 0..<rarity, using: &generator) == 0 ? 0x0a : kinds.randomElement(using: &generator)!
            }
            let text = ["a", "ab", "abba", "aabbaabb", "abbaabbaab"][round % 5]
            let expected = expected(text, log)
            for stopping in [false, true] {
                let found = try lines(text, Self.reading(log), stopping: stopping)
                #expect(found.map(\.number) == expected.map(\.number), "round \(round)")
                #expect(found.map(\.offset) == expected.map(\.offset), "round \(round)")
            }
        }
    }

    @Test("A search goes on wherever it was stopped")
    func resumed() throws {
        var log: [UInt8] = []
        for number in 1...30_000 { log += Array("line \(number) \(number % 7 == 0 ? "hit" : "")\n".utf8) }
        log += Array(String(repeating: "x", count: 400_000).utf8) + Array(" hit and hit\nlast hit".utf8)
        let all = try lines("hit", Self.reading(log))
        #expect(all.count == expected("hit", log).count)
        let scanner = LineScanner(try #require(LogText("hit")))
        var (place, found): (LineScanner.Place, [LineScanner.Line]) = (.init(), [])
        var outcome = LineScanner.Outcome.more
        while outcome != .end {
            outcome = try scanner.scan(from: &place, Self.reading(log)) { line in
                found.append(line)
                return found.count % 3 != 0
            }
            // As the next request gives it.
            let text = LogSearchPlace(ended: nil, job: JobID(high: 1, low: 2), log: .error, place: place).description
            place = try #require(LogSearchPlace(text)?.place)
        }
        #expect(found == all)
    }

    @Test("A long line is cut around the text, at whole characters")
    func long() throws {
        let far = String(repeating: "é", count: 5000)
        let found = try lines("needle", Self.reading(Array("\(far)needle\(far)\nneedle\(far)\n".utf8)))
        #expect(found.count == 2)
        for line in found {
            let text = try #require(String(validating: line.bytes, as: UTF8.self))
            #expect(
                line.isCut && text.contains("needle")
                    && (LineScanner.longest - 3...LineScanner.longest).contains(line.bytes.count))
        }
        #expect(found.map(\.number) == [1, 2] && found[1].bytes.starts(with: "needleé".utf8))
        let whole = String(repeating: "x", count: LineScanner.longest - 6)
        let exact = try lines("needle", Self.reading(Array("\(whole)needle\n".utf8)))
        #expect(exact.count == 1 && !exact[0].isCut && exact[0].bytes.count == LineScanner.longest)
    }

    @Test("Only A to Z match other bytes if case is ignored")
    func cases() throws {
        let log = Array("Error\nERROR é\nerror É\n@rror\n".utf8)
        #expect(try lines("eRRor", Self.reading(log), ignoringCase: true).map(\.number) == [1, 2, 3])
        #expect(try lines("error é", Self.reading(log), ignoringCase: true).map(\.number) == [2])
        #expect(try lines("`rror", Self.reading(log), ignoringCase: true).isEmpty)
        #expect(try lines("error", Self.reading(log)).map(\.number) == [3])
    }

    @Test("A line of 1 GB takes no more memory than a short one")
    func huge() throws {
        let size = Int64(1) << 30
        let end = Array(" needle".utf8)
        let found = try lines("needle") { (space, offset) throws(SystemError) in
            let count = Int(max(0, min(Int64(space.count), size + Int64(end.count) - offset)))
            memset(space.baseAddress!, 0x78, count)
            for (index, byte) in end.enumerated() {
                let place = size + Int64(index) - offset
                if (0..<Int64(count)).contains(place) { space[Int(place)] = byte }
            }
            return count
        }
        #expect(found.count == 1 && found[0].offset == size + 1 && found[0].number == 1 && found[0].isCut)
        #expect(found[0].bytes.count <= LineScanner.longest)
    }

    @Test("A log that is truncated or replaced meanwhile ends the search of it, and one that fails throws")
    func truncated() throws {
        let log = Array(String(repeating: "needle\n", count: 60_000).utf8)
        let scanner = LineScanner(try #require(LogText("needle")))
        var place = LineScanner.Place()
        let first = try scanner.scan(from: &place, Self.reading(log)) { _ in true }
        #expect(first == .more)
        let before = place
        for rest in [[], Array(log.prefix(10)), Array(log.prefix(Int(place.offset) - 3))] {
            place = before
            let outcome = try scanner.scan(from: &place, Self.reading(rest)) { _ in true }
            #expect(outcome == .end)
        }
        place = before
        var failure: SystemError?
        do throws(SystemError) {
            _ = try scanner.scan(
                from: &place, { (_, _) throws(SystemError) in throw SystemError(code: EIO, operation: "read") },
                { _ in true })
        } catch {
            failure = error
        }
        #expect(failure?.code == EIO && place == before)
    }

    @Test("What is no text to look for", arguments: ["", "a\nb", String(repeating: "x", count: 501)])
    func noText(_ text: String) {
        #expect(LogText(text) == nil)
    }

    @Test("A place is a text, and no other text is a place")
    func places() throws {
        let id = JobID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0001)
        for place in [
            LogSearchPlace(ended: nil, job: id, log: .output, place: .init(offset: 7, lines: 2)),
            LogSearchPlace(
                ended: Timestamp(microseconds: 1_764_000_000_000_000), job: id, log: .error,
                place: .init(offset: 1 << 60, lines: 0, isInFoundLine: true)),
        ] {
            #expect(LogSearchPlace(place.description) == place)
        }
        for text in [
            "", "-", ":::::", "-:\(id):out:7", "-:\(id):out:7:2:no", "-:\(id):log:7:2", "-:1:out:7:2",
            "-:\(id):out:-7:2",
            "x:\(id):out:7:2", "-1:\(id):out:7:2", "-:\(id):out:9223372036854775807:2", "-:\(id):out:7:2:in:in",
            "-:\(id):out:7:99999999999999999999", " -:\(id):out:7:2",
        ] {
            #expect(LogSearchPlace(text) == nil, "\(text)")
        }
    }
}
