internal import LinuxSystem
public import SpoolModel

/// Tries a hook as it is configured, without a spool: nothing waits, and nothing is tried again.
public struct HookTrial {
    /// The outcome of a message.
    public struct Outcome: Sendable {
        /// Whether the receiver has taken it.
        public let isTaken: Bool
        /// One sentence: the receiver's answer, or how the command has ended.
        public let sentence: String
        /// The beginning of the body of the answer, or the end of the command's output.
        public let output: [UInt8]
    }

    private let settings: HookSettings

    /// Tries hooks of some settings.
    public init(_ settings: HookSettings) {
        self.settings = settings
    }

    /// Sends a message to a hook and waits for the answer, on a thread that may block.
    public func send(to hook: Hook) -> Outcome {
        var generator = SystemRandomNumberGenerator()
        let now = Timestamp(microseconds: SystemClock.wall())
        let id = JobID(at: now, using: &generator)
        let message = HookMessage(testing: hook, id, at: now)
        switch hook.action {
        case .post(let url, let form):
            let post = HookPost()
            defer { post.end() }
            let (result, answer) = post.send(
                DeliveryName(id, message.event), message, to: url, as: form, at: now.seconds,
                secrets: settings.secrets[hook.name] ?? [])
            return HookTrial.outcome(
                result, taken: "it answered with \(answer?.status ?? 0)", output: answer?.body ?? [])
        case .run(let words, let seconds):
            let (result, output) = HookRun(settings: settings).run(words, seconds: seconds, message)
            return HookTrial.outcome(result, taken: "it ended with 0", output: output)
        }
    }

    private static func outcome(_ result: DeliveryResult, taken: String, output: [UInt8]) -> Outcome {
        switch result {
        case .taken: Outcome(isTaken: true, sentence: taken, output: output)
        case .failed(let reason), .switchedOff(let reason):
            Outcome(isTaken: false, sentence: reason, output: output)
        }
    }
}
