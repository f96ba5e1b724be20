import SpoolModel

/// A line of the history that is read is written again as the same, whatever pieces the file is read in, and a shortened
/// file tells of as many jobs.
enum HistoryProperty {
    static func flaw(_ input: [UInt8]) -> String? {
        let whole = lines(of: input, in: max(input.count, 1))
        for length in [1, 3, 64] where lines(of: input, in: length) != whole {
            return "other lines in pieces of \(length)"
        }
        for line in whole {
            guard HistoryLine(parsing: Array(line.line.utf8.dropLast())) == line else {
                return "another line: \(line.line)"
            }
            guard HistoryLine.day(ofFile: line.day) != nil else { return "no day: \(line.day)" }
        }
        var summary = HistorySummary { _ in false }
        var text = HistoryText()
        text.take(input) { summary.take($0, $1) }
        let short = lines(of: summary.content, in: 4096)
        guard count(short) == count(unique(Array(whole.prefix(wholeCount(of: input))))) else { return "other counts" }
        return nil
    }

    /// The lines, with the last one if it has no line feed.
    private static func lines(of input: [UInt8], in length: Int) -> [HistoryLine] {
        var found: [HistoryLine] = []
        var text = HistoryText()
        for start in stride(from: 0, to: input.count, by: length) {
            text.take(input[start..<min(start + length, input.count)]) { content, _ in
                if case .line(let line) = content { found.append(line) }
            }
        }
        if let end = text.end(), case .line(let line) = end { found.append(line) }
        return found
    }

    private static func wholeCount(of input: [UInt8]) -> Int {
        var count = 0
        var text = HistoryText()
        text.take(input) { content, _ in
            if case .line = content { count += 1 }
        }
        return count
    }

    /// One line for each job.
    private static func unique(_ lines: [HistoryLine]) -> [HistoryLine] {
        var seen: Set<JobID> = []
        return lines.filter { line in
            guard case .job(let id) = line.subject else { return true }
            return seen.insert(id).inserted
        }
    }

    /// How many jobs ended how, as long as they are fewer than a line can tell of.
    private static func count(_ lines: [HistoryLine]) -> [JobState: Int] {
        let counts = Dictionary(lines.map { ($0.outcome, $0.count) }, uniquingKeysWith: +)
        return counts.mapValues { min($0, HistoryLine.mostJobs) }
    }
}
