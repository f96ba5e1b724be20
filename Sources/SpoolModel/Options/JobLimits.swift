/// The limits on a run that its shim enforces. nil was not asked for; 0 is no limit.
public struct JobLimits: Hashable, Sendable {
    /// Seconds that the spider may run.
    public var time: Int?
    /// Seconds that the counters of the crawl's report may stay the same, or, without a report, the logs.
    public var stall: Int?
    /// Seconds that the process may stay after its spider has closed.
    public var linger: Int?
    /// Bytes of memory that the spider's processes may have together.
    public var memory: Int?

    /// No limits.
    public init() {}

    /// The limits with those that they leave open taken from defaults.
    public func filled(from defaults: JobLimits) -> JobLimits {
        var limits = self
        limits.time = time ?? defaults.time
        limits.stall = stall ?? defaults.stall
        limits.linger = linger ?? defaults.linger
        limits.memory = memory ?? defaults.memory
        return limits
    }

    mutating func set(_ name: String, to text: String) throws(OptionError) {
        if name == "memory-limit" {
            memory = try OptionText.bytes(text, of: name)
            return
        }
        let seconds = try OptionText.seconds(text, of: name)
        switch name {
        case "time-limit": time = seconds
        case "stall-limit": stall = seconds
        default: linger = seconds
        }
    }

    var texts: [NamedText] {
        let seconds = [("time-limit", time), ("stall-limit", stall), ("linger-limit", linger)]
        var texts = seconds.compactMap { name, value in
            value.map { NamedText(name: name, text: OptionText.text(ofSeconds: $0)) }
        }
        if let memory { texts.append(NamedText(name: "memory-limit", text: OptionText.text(ofBytes: memory))) }
        return texts
    }
}
