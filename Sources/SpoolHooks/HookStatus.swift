package import SpoolModel

/// The content of `hooks/<name>/status`: OK, FAILING or DISABLED, then facts as `key=value`.
package struct HookStatus: Equatable, Sendable {
    /// The state of a hook.
    package enum State: String, Sendable {
        /// The last attempt succeeded.
        case ok = "OK"
        /// The last attempt failed.
        case failing = "FAILING"
        /// The receiver wants no more deliveries.
        case disabled = "DISABLED"
    }

    /// The state.
    package var state: State
    /// When it began.
    package var since: Timestamp
    /// The last failure; empty without one.
    package var reason = ""
    /// The digest of the configuration that was switched off.
    package var key = ""

    /// A status.
    package init(_ state: State, since: Timestamp, reason: String = "", key: String = "") {
        self.state = state
        self.since = since
        self.reason = reason
        self.key = key
    }

    /// Parses a line; nil for anything else.
    package init?(parsing line: String) {
        let words = line.split(separator: " ")
        guard let state = words.first.flatMap({ State(rawValue: String($0)) }) else { return nil }
        var facts: [String: String] = [:]
        for word in words.dropFirst() {
            guard let separator = word.firstIndex(of: "=") else { return nil }
            facts[String(word[..<separator])] = String(word[word.index(after: separator)...])
        }
        guard let since = facts["since"].flatMap({ Timestamp(rfc3339: $0) }) else { return nil }
        self.init(state, since: since, reason: facts["reason"] ?? "", key: facts["key"] ?? "")
    }

    /// The line. A reason has `_` for white space.
    package var line: String {
        var line = "\(state.rawValue) since=\(since.rfc3339)"
        if !key.isEmpty { line += " key=\(key)" }
        if !reason.isEmpty {
            line += " reason=" + String(reason.prefix(200).map { $0.isWhitespace || $0.isNewline ? "_" : $0 })
        }
        return line
    }
}
