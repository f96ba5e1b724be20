internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// A search in the logs of many jobs, in parts that take some milliseconds each. Blocks on the disk; one thread at a time.
final class LogSearchRun: Sendable {
    /// The limits of a search.
    struct Bounds: Sendable {
        /// The most lines.
        let lines: Int
        /// When it ends, by the steady clock in microseconds.
        let deadline: Int64
    }

    /// Why a search has ended before its end: the name of the parameter that bounds it, or the server.
    enum Stop: String, Sendable {
        case limit, seconds, server
    }

    /// A part of the answer.
    enum Part: Sendable {
        /// Lines, which more may follow.
        case lines([UInt8])
        /// The last lines, and the members of the answer after the lines.
        case end([UInt8], [JSON.Member])
    }

    /// A log that is to be read, or is being read.
    private struct Log {
        let target: LogSearchJobs.Target
        let log: JobLog
        var place = LineScanner.Place()
    }

    private struct State: ~Copyable {
        var scanner: LineScanner
        let files: LogFiles
        var jobs: LogSearchJobs
        /// The logs of a job that come next.
        var waiting: [Log] = []
        var present: (log: Log, file: OpenFile)?
        /// The place to begin at.
        let start: LogSearchPlace?
        /// The lines that were found, the logs that were read and those that could not be, and the bytes of all.
        var found = 0, logs = 0, unreadable = 0, bytes = Int64(0)
    }

    /// Microseconds after which a part ends, and the bytes of lines with which it does.
    private static let pause: Int64 = 20_000, piece = 32 << 10

    private let logs: [JobLog]
    private let bounds: Bounds
    private let state: Mutex<State>

    /// A search that has read nothing yet.
    init(
        for text: LogText, in logs: [JobLog], of jobs: LogSearchJobs, from start: LogSearchPlace?, _ bounds: Bounds,
        spool: Spool
    ) {
        (self.logs, self.bounds) = (logs, bounds)
        state = Mutex(
            State(scanner: LineScanner(text), files: LogFiles(of: spool), jobs: jobs, start: start))
    }

    /// Searches for some milliseconds.
    ///
    /// - Parameter isStopped: whether the server stops.
    func part(isStopped: Bool) -> Part {
        state.withLock { state in
            let began = SystemClock.monotonic()
            var lines: [UInt8] = []
            while true {
                if state.present == nil, !open(&state) { return .end(lines, members(&state, nil)) }
                let outcome = scan(&state, &lines)
                // Also after a log that is not there: there may be many of them.
                let now = SystemClock.monotonic()
                if outcome == .stopped { return .end(lines, members(&state, .limit)) }
                if isStopped { return .end(lines, members(&state, .server)) }
                if now >= bounds.deadline { return .end(lines, members(&state, .seconds)) }
                if now - began >= LogSearchRun.pause || lines.count >= LogSearchRun.piece { return .lines(lines) }
            }
        }
    }

    /// Finds the next log.
    ///
    /// - Returns: whether there is one.
    private func fill(_ state: inout State) -> Bool {
        guard state.waiting.isEmpty else { return true }
        guard let target = state.jobs.next() else { return false }
        var waiting = logs.map { Log(target: target, log: $0) }
        if let start = state.start, start.job == target.id,
            let first = waiting.firstIndex(where: { $0.log == start.log })
        {
            // Those before it were searched.
            waiting.removeFirst(first)
            waiting[0].place = start.place
        }
        state.waiting = waiting
        return true
    }

    /// Opens the next log, unless it is not there.
    ///
    /// - Returns: whether there was a next one.
    private func open(_ state: inout State) -> Bool {
        guard fill(&state) else { return false }
        let log = state.waiting.removeFirst()
        do throws(SystemError) {
            state.present = (log, OpenFile(try state.files.open(log.log, of: log.target.id)))
            state.logs += 1
        } catch {
            note(error, &state)
        }
        return true
    }

    /// Scans a piece of the present log, if there is one.
    private func scan(_ state: inout State, _ lines: inout [UInt8]) -> LineScanner.Outcome {
        guard let (log, file) = state.present else { return .more }
        var place = log.place
        var found = state.found
        var outcome = LineScanner.Outcome.end
        do throws(SystemError) {
            outcome = try state.scanner.scan(from: &place) { (space, offset) throws(SystemError) in
                try file.descriptor.read(into: space, at: offset)
            } _: { line in
                if found > 0 { lines.append(UInt8(ascii: ",")) }
                // A client that reads lines gets each at once.
                lines += "\(LogSearchRun.text(of: line, in: log))\n".utf8
                found += 1
                return found < bounds.lines
            }
        } catch {
            note(error, &state)
        }
        state.found = found
        state.bytes += max(0, place.offset - log.place.offset)
        state.present?.log.place = place
        if outcome == .end { state.present = nil }
        return outcome
    }

    /// Counts a log that cannot be read, unless it is only gone.
    private func note(_ error: SystemError, _ state: inout State) {
        if !error.isGone, !JobFile.isAbsence(error) { state.unreadable += 1 }
    }

    private static func text(of line: LineScanner.Line, in log: Log) -> String {
        let target = log.target
        let members = [
            JSON.Member("project", .string(target.spider.project.description)),
            JSON.Member("spider", .string(target.spider.spider.description)),
            JSON.Member("identifier", .string(target.id.description)),
            JSON.Member("log", .string(log.log.rawValue)),
            JSON.Member("line", .number(Int(clamping: line.number))),
            JSON.Member("offset", .number(Int(clamping: line.offset))),
            JSON.Member("text", .string(String(decoding: line.bytes, as: UTF8.self))),
        ]
        return JSON.object(members + (line.isCut ? [JSON.Member("cut", .bool(true))] : [])).line
    }

    /// The members of the answer after the lines.
    private func members(_ state: inout State, _ stop: Stop?) -> [JSON.Member] {
        let members = [
            JSON.Member("logs", .number(state.logs)), JSON.Member("bytes", .number(Int(clamping: state.bytes))),
            JSON.Member("unreadable", .number(state.unreadable)),
        ]
        // Nothing may follow a search that was stopped.
        guard let stop, let next = state.present?.log ?? (fill(&state) ? state.waiting.first : nil) else {
            return members + [JSON.Member("complete", .bool(true))]
        }
        let place = LogSearchPlace(
            ended: next.target.ended, job: next.target.id, log: next.log, place: next.place)
        return members + [
            JSON.Member("complete", .bool(false)), JSON.Member("stopped", .string(stop.rawValue)),
            JSON.Member("next", .string(place.description)),
        ]
    }
}
