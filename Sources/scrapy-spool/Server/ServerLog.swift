internal import Glibc
internal import LinuxSystem
internal import Logging
internal import SpoolModel

/// Writes log messages on standard error, one line each, as text or as JSON.
///
/// A stalled reader never blocks a logging thread: see ``LineWriter``. Under systemd, whose journal records the time
/// itself, a text line begins with its priority instead (sd-daemon(3)).
struct ServerLog: LogHandler {
    /// The format of a line.
    enum Format: String {
        case text, json
    }

    private let format: Format
    private let threshold: Locked<Logger.Level>
    private let writer: LineWriter
    private let isJournal: Bool
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]

    /// - Parameters:
    ///   - threshold: the log level of every logger without one of its own.
    ///   - writer: the output, made by ``writer(_:)``.
    init(_ format: Format, threshold: Locked<Logger.Level>, writer: LineWriter) {
        self.format = format
        self.threshold = threshold
        self.writer = writer
        isJournal = ServerLog.isJournal
    }

    /// The writer to standard error, one for all loggers.
    static func writer(_ format: Format) -> LineWriter {
        let isJournal = ServerLog.isJournal
        return LineWriter(STDERR_FILENO) { count in
            let lines = count == 1 ? "1 line" : "\(count) lines"
            return line(
                .warning, "\(lines) of this log could not be written in time and were dropped", [], format,
                isJournal: isJournal)
        }
    }

    private static var isJournal: Bool {
        Host.environment("JOURNAL_STREAM") != nil && isatty(STDERR_FILENO) == 0
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? threshold.value }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(error)" }
        let sorted = fields.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        // Written by one call, so that lines of several threads and processes do not mix.
        writer.write(ServerLog.line(event.level, "\(event.message)", sorted, format, isJournal: isJournal))
    }

    private static func line(
        _ level: Logger.Level, _ message: String, _ fields: [(String, String)], _ format: Format, isJournal: Bool
    ) -> [UInt8] {
        switch format {
        case .text: text(level, message, fields, isJournal: isJournal)
        case .json: json(level, message, fields)
        }
    }

    private static func text(
        _ level: Logger.Level, _ message: String, _ fields: [(String, String)], isJournal: Bool
    ) -> [UInt8] {
        let start = isJournal ? "<\(level.priority)>" : "\(Timestamp.now.rfc3339) \(level.rawValue): "
        let end = fields.map { " \($0)=\($1)" }.joined()
        // A line feed in a message must not begin a new log line.
        let lines = "\(message)\(end)".split(separator: "\n", omittingEmptySubsequences: false)
        return Array("\(start)\(lines.joined(separator: "\n    "))\n".utf8)
    }

    private static func json(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> [UInt8] {
        let known = [("time", Timestamp.now.rfc3339), ("level", level.rawValue), ("message", message)]
        var writer = JSONWriter(.line)
        writer.write(.object((known + fields).map { JSON.Member($0.0, .string($0.1)) }))
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

extension Logger.Level {
    /// The priority of syslog(3).
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension Timestamp {
    fileprivate static var now: Timestamp { Timestamp(microseconds: SystemClock.wall()) }
}
