/// Whether a failed job is tried again, and when. nil was not asked for.
public struct RetryPolicy: Hashable, Sendable {
    /// The causes of a failure that retries can be limited to.
    public enum Cause: String, Sendable, CaseIterable {
        /// The spider's process ended with another exit status than 0, or could not be started.
        case exit
        /// A signal ended it that was not the shim's.
        case signal
        /// A rule of `fail-if`.
        case rule
        /// The stall limit.
        case stall
        /// The time limit.
        case time
        /// The memory limit.
        case memory
        /// The shim or its machine was lost.
        case lost
    }

    /// The causes after which a job is tried again if it names none.
    public static let usualCauses: Set<Cause> = [.exit, .signal, .stall, .memory, .lost]
    /// Seconds before the first retry of a job that names none.
    public static let usualDelay = 60
    /// The longest delay in seconds: it doubles with each retry.
    public static let longestDelay = 3600

    /// The number of retries after the first try.
    public var count: Int?
    /// Seconds before the first retry.
    public var delay: Int?
    /// The causes after which the job is tried again.
    public var causes: Set<Cause>?

    /// No policy.
    public init() {}

    /// The policy with the members that it leaves open taken from defaults.
    public func filled(from defaults: RetryPolicy) -> RetryPolicy {
        var policy = self
        policy.count = count ?? defaults.count
        policy.delay = delay ?? defaults.delay
        policy.causes = causes ?? defaults.causes
        return policy
    }

    /// Seconds before a retry, without jitter.
    ///
    /// - Parameter number: 1 for the first retry.
    public func delay(before number: Int) -> Int {
        var delay = delay ?? RetryPolicy.usualDelay
        var left = max(number, 1) - 1
        while left > 0, delay > 0, delay < RetryPolicy.longestDelay {
            delay *= 2
            left -= 1
        }
        // A first delay may be longer than the cap, and then stays as it is.
        return min(delay, max(RetryPolicy.longestDelay, self.delay ?? 0))
    }

    mutating func set(_ name: String, to text: String) throws(OptionError) {
        switch name {
        case "retries":
            guard let number = Int(text), (0...JobOptions.mostRetries).contains(number) else {
                throw OptionError(name: name, text: text, expected: "a number from 0 to \(JobOptions.mostRetries)")
            }
            count = number
        case "retry-delay": delay = try OptionText.seconds(text, of: name)
        default:
            var causes: Set<Cause> = []
            for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
                guard let cause = Cause(rawValue: String(word)) else {
                    let known = Cause.allCases.map(\.rawValue).joined(separator: ", ")
                    throw OptionError(name: name, text: text, expected: "words among \(known), joined by commas")
                }
                causes.insert(cause)
            }
            self.causes = causes
        }
    }

    var texts: [NamedText] {
        var texts: [NamedText] = []
        if let count { texts.append(NamedText(name: "retries", text: "\(count)")) }
        if let delay { texts.append(NamedText(name: "retry-delay", text: OptionText.text(ofSeconds: delay))) }
        if let causes {
            let words = Cause.allCases.filter(causes.contains).map(\.rawValue).joined(separator: ",")
            texts.append(NamedText(name: "retry-on", text: words))
        }
        return texts
    }
}
