/// How much a finding matters.
public enum Severity: String, CaseIterable, Sendable {
    /// A job or a project is lost, damaged, or will never run.
    case error
    /// A rule of the layout is broken, and nothing is lost by it so far.
    case warning
    /// Nothing is wrong: something to know, or what an interruption left that the next server clears away by itself.
    case note
}
