internal import SpoolCheck
internal import SpoolClient
internal import SpoolModel

/// A finding in the output of `scrapy-spool check`.
struct FindingLine {
    private let finding: Finding
    private let outcome: Outcome

    init(_ finding: Finding, _ outcome: Outcome) {
        self.finding = finding
        self.outcome = outcome
    }

    /// `active/0198…: note: it marks no job; would be removed`.
    func text(hasColour: Bool) -> String {
        let severity = finding.severity.rawValue
        let colour = hasColour ? "\u{1b}[\(colourCode)m" : ""
        let plain = hasColour ? "\u{1b}[0m" : ""
        return "\(finding.path.printable()): \(colour)\(severity)\(plain): \(finding.problem.printable())\(remedy)"
    }

    /// The action that is to be taken or was taken.
    private var remedy: String {
        switch (outcome, finding.remedy) {
        case (_, .nothing): ""
        case (_, .server(let deed)): "; a server \(deed)".printable()
        case (_, .person(let deed)): "; \(deed)".printable()
        case (.repaired, let remedy): "; \(remedy.deed ?? "done")".printable()
        case (.failed(let reason), _): "; not repaired: \(reason)".printable()
        case (.found, let remedy): "; would be \(remedy.deed ?? "left")".printable()
        }
    }

    private var colourCode: Int {
        switch finding.severity {
        case .error: 31
        case .warning: 33
        case .note: 36
        }
    }

    /// The finding as JSON, for programs.
    var json: JSON {
        .object([
            JSON.Member("path", .string(finding.path)),
            JSON.Member("severity", .string(finding.severity.rawValue)),
            JSON.Member("problem", .string(finding.problem)),
            JSON.Member("remedy", remedy.isEmpty ? .null : .string(String(remedy.dropFirst(2)))),
            JSON.Member("repaired", .bool(outcome == .repaired)),
        ])
    }
}
