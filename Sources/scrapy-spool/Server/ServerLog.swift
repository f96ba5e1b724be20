internal import Glibc
internal import LinuxSystem
internal import Logging
internal import SpoolModel

/// Writes messages on standard error, one line each: for people, or as JSON for programs.
///
/// Under systemd, whose journal notes the time itself, a text line begins with its priority instead (sd-daemon(3)).
struct ServerLog: LogHandler {
    /// How a line looks.
    enum Format: String {
        case text, json
    }

    private let format: Format
    private let threshold: Live<Logger.Level>
    private let isJournal: Bool
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]

    /// - Parameter threshold: the least important messages that are written, by every logger that has none of its own.
    init(_ format: Format, threshold: Live<Logger.Level>) {
        self.format = format
        self.threshold = threshold
        isJournal = Machine.environment("JOURNAL_STREAM") != nil && isatty(STDERR_FILENO) == 0
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
        let line =
            switch format {
            case .text: text(event, sorted)
            case .json: json(event, sorted)
            }
        // One call, so that lines of several threads and processes do not mix.
        _ = write(STDERR_FILENO, line, line.count)
    }

    private func text(_ event: LogEvent, _ fields: [(String, String)]) -> [UInt8] {
        let start = isJournal ? "<\(event.level.priority)>" : "\(Timestamp.now.rfc3339) \(event.level.rawValue): "
        let end = fields.map { " \($0)=\($1)" }.joined()
        // A line feed in a message must not make a line of its own.
        let message = "\(event.message)\(end)".split(separator: "\n", omittingEmptySubsequences: false)
        return Array("\(start)\(message.joined(separator: "\n    "))\n".utf8)
    }

    private func json(_ event: LogEvent, _ fields: [(String, String)]) -> [UInt8] {
        let known = [
            ("time", Timestamp.now.rfc3339), ("level", event.level.rawValue), ("message", "\(event.message)"),
        ]
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
    fileprivate static var now: Timestamp { Timestamp(microseconds: Machine.wallClock()) }
}
