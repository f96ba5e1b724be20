/// The severity of a finding.
public enum Severity: String, CaseIterable, Sendable {
    /// A job or a project is lost, damaged, or will never run.
    case error
    /// A rule of the layout is broken, without a loss so far.
    case warning
    /// No fault: information, or a leftover of an interruption that the next server removes by itself.
    case note
}
