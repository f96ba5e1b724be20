/// A notification about a job's end: the content of a delivery in an outbox.
///
///     {"type": "job.failed", "timestamp": "2026-11-28T09:12:33.120000Z", "data": {"identifier": …, "summary": …}}
public struct HookMessage: Hashable, Sendable {
    /// The most bytes of a message that is read.
    public static let longest = 64 << 10
    /// The most bytes of a text in it that users or crawls have written.
    private static let longestText = 4096

    /// The event.
    public let event: HookEvent
    /// The facts, in the order in which they are shown: texts and numbers.
    private let facts: [JSON.Member]
    /// When the job ended.
    private let ended: Timestamp

    /// The message about an event of a job.
    ///
    /// - Parameter firstError: the first error that the crawl has reported.
    public init(of event: HookEvent, _ metadata: JobMetadata, _ status: JobStatus, firstError: String?) {
        var facts = [
            JSON.Member("identifier", .string(metadata.id.description)),
            JSON.Member("status", .string(status.state.rawValue)),
            JSON.Member("project", .string(metadata.project.description)),
            JSON.Member("spider", .string(metadata.spider.description)),
        ]
        func add(_ name: String, _ value: JSON?) {
            if let value { facts.append(JSON.Member(name, value)) }
        }
        func text(_ value: String?) -> JSON? { value.map { .string(HookMessage.shortened($0)) } }
        add("summary", text(HookMessage.summary(of: event, metadata, status)))
        add("schedule", text(metadata.schedule))
        add("description", text(metadata.description))
        add("started", status[.started].map { .string($0.rfc3339) })
        add("ended", (status[.ended] ?? status[.at]).map { .string($0.rfc3339) })
        add("duration", status.duration.map { .number($0) })
        for fact in [JobStatus.WordFact.reason, .rule, .finish, .node, .canceledBy] {
            add(fact.rawValue, text(status[fact]))
        }
        for fact in HookMessage.numbers { add(fact.rawValue, status[fact].map { .number($0) }) }
        add("retry_of", metadata.retryOf.map { .string($0.description) })
        add("fired_by", metadata.firedBy.map { .string($0.description) })
        add("by", text(metadata.by))
        add("first_error", text(firstError))
        self.event = event
        self.facts = facts
        ended = status[.ended] ?? status[.at] ?? metadata.created
    }

    /// A message that tries a hook: about no job, though with the facts of one, so that the receiver takes it as any other.
    ///
    /// - Parameter id: of a job that does not exist.
    public init(testing hook: Hook, _ id: JobID, at instant: Timestamp) {
        event = hook.testEvent
        let state: JobState =
            switch event {
            case .successful: .successful
            case .failed, .retrying: .failed
            case .canceled: .canceled
            }
        let texts = [
            ("identifier", id.description), ("status", state.rawValue),
            ("project", hook.projects.map(\.description).min() ?? "test"), ("spider", "test"),
            ("summary", "Test of the hook \(hook.name): no job has ended"), ("schedule", "now"),
            ("description", "Test of a hook"), ("started", instant.rfc3339), ("ended", instant.rfc3339),
        ]
        facts = texts.map { JSON.Member($0, .string($1)) } + [JSON.Member("duration", .number(0))]
        ended = instant
    }

    private static let numbers: [JobStatus.NumberFact] = [
        .exit, .signal, .version, .tryNumber, .items, .dropped, .requests, .responses, .failed, .denied, .errors,
        .peakMemory, .processorTime,
    ]

    /// Parses the content of a delivery; nil for anything that is no message.
    public init?(parsing bytes: [UInt8]) {
        guard bytes.count <= HookMessage.longest, let document = JSON(ifValid: bytes),
            let type = document["type"]?.text, type.hasPrefix("job."),
            let event = HookEvent(rawValue: String(type.dropFirst(4))),
            let ended = document["timestamp"]?.text.flatMap({ Timestamp(rfc3339: $0) }),
            case .object(let facts)? = document["data"], document["data"]?["summary"]?.text != nil
        else { return nil }
        self.event = event
        self.facts = facts
        self.ended = ended
    }

    /// The message as JSON on one line, with a line feed at its end.
    public var content: [UInt8] {
        let document = JSON.object([
            JSON.Member("type", .string("job.\(event.rawValue)")), JSON.Member("timestamp", .string(ended.rfc3339)),
            JSON.Member("data", .object(facts)),
        ])
        return Array((document.line + "\n").utf8)
    }

    /// One sentence: `bookshop/books failed after 12 s: 0 items (rule items<1)`.
    public var summary: String { JSON.object(facts)["summary"]?.text ?? "" }

    /// The body of a request.
    public func body(_ form: HookBody) -> [UInt8] {
        switch form {
        case .standard: content
        case .text: Array(summary.utf8)
        case .slack: Array(JSON.object([JSON.Member("text", .string(HookMessage.slackText(summary)))]).line.utf8)
        }
    }

    /// A text in which Slack finds no markup (`&`, `<` and `>` are escaped).
    private static func slackText(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// The variables of a command's environment, `SCRAPY_SPOOL_NAME=value`: the event, and each fact that is a text or a
    /// number.
    public var variables: [String] {
        let facts: [(name: String, text: String)] = facts.compactMap { member in
            switch member.value {
            case .string(let text), .number(let text): (member.name, text)
            default: nil
            }
        }
        return ([("event", event.rawValue)] + facts).compactMap { name, text in
            let isName = name.utf8.allSatisfy { (0x61...0x7a).contains($0) || $0 == 0x5f || (0x30...0x39).contains($0) }
            guard isName, !name.isEmpty else { return nil }
            // A NUL would end the variable.
            return "SCRAPY_SPOOL_\(name.uppercased())=" + HookMessage.shortened(text.replacing("\0", with: ""))
        }
    }

    private static func summary(of event: HookEvent, _ metadata: JobMetadata, _ status: JobStatus) -> String {
        let outcome =
            switch event {
            case .successful: "succeeded"
            case .failed: "failed"
            case .canceled: "was canceled"
            case .retrying: "failed and is tried again"
            }
        let causes = [
            status[.rule].map { "rule \($0)" }, status[.reason].flatMap { $0 == "rule" ? nil : $0 },
            status[.exit].flatMap { $0 == 0 ? nil : "exit status \($0)" }, status[.signal].map { "signal \($0)" },
        ].compactMap { $0 }
        let counts = [
            status[.items].map { "\($0) items" }, status[.errors].flatMap { $0 > 0 ? "\($0) errors" : nil },
        ].compactMap { $0 }
        let time = status.duration.map { " after \($0) s" } ?? ""
        let details = (causes + counts).joined(separator: ", ")
        return "\(metadata.project)/\(metadata.spider) \(outcome)\(time)" + (details.isEmpty ? "" : ": \(details)")
    }

    /// The beginning of a text, without half a character at its end.
    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        var bytes = Array(text.utf8.prefix(longestText))
        while let last = bytes.last, last & 0xc0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xc0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
