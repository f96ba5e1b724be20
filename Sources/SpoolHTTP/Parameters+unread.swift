internal import Forms

/// The parts of a request that are not read. An unknown field is ignored, as by scrapy-do, and warned of.
extension Parameters {
    /// The hint for a form that is a JSON text, as `curl -d` sends it.
    static let jsonHint =
        "The body looks like JSON but is sent as a form: send it with the header field \"Content-Type: application/json\""

    /// Whether the form is a JSON object that was sent with the Content-Type of a form.
    var looksLikeJSON: Bool {
        guard let form else { return false }
        return (form.names + form.remarks.loneNames.map(\.name)).contains { Parameters.beginsJSON($0) }
    }

    /// Adds a warning for each part of a request that the endpoint does not read. Of a field that comes more than once the
    /// first value is read, as by scrapy-do.
    mutating func noteUnread(by endpoint: Endpoint) {
        guard endpoint.warnsOfFields else { return }
        // Texts that are no field may be parts of secrets there: they are refused, and not shown.
        if endpoint != .setVariables {
            let advice = FieldAdvice(endpoint: endpoint.name, known: endpoint.fields)
            warnings += advice.warnings(of: names.filter { !endpoint.reads($0) && !Parameters.beginsJSON($0) })
            warnings += loneNames
        }
        if endpoint == .listJobs { warnings += unreadBeside(names) }
        for (name, areSame) in repeated(in: endpoint) {
            warnings.append(
                "The field \"\(name)\" came more than once\(areSame ? "" : ", with different values"): the first one was read"
            )
        }
    }

    /// Whether a query needs no warning.
    func areAllRead(by endpoint: Endpoint) -> Bool {
        let names = query.names
        return names.allSatisfy(endpoint.fields.contains) && query.repeated.isEmpty
            && query.remarks.loneNames.isEmpty && (endpoint != .listJobs || unreadBeside(Set(names)).isEmpty)
    }

    /// The hint for a value that cannot be read because `;` has ended it; empty if no `;` separates fields.
    var semicolonHint: String {
        guard form?.remarks.hasSemicolon ?? false || query.remarks.hasSemicolon else { return "" }
        return ". A \";\" ends a value, as \"&\" does: send it as %3B, as `curl --data-urlencode` does"
    }

    /// Warnings about fields of `list-jobs.json` that mean nothing beside another one.
    private func unreadBeside(_ names: Set<String>) -> [String] {
        let (chosen, others): (String, [String])
        if names.contains("status") {
            (chosen, others) = ("status", ["id"])
        } else if names.contains("id") {
            (chosen, others) = (
                "id", ["project", "spider", "text", "fired-by", "since", "until", "order", "limit", "after", "counts"]
            )
        } else {
            return []
        }
        return others.filter(names.contains).map { "The field \"\($0)\" is not read beside \"\(chosen)\"" }
    }

    /// Whether there are names without `=`.
    var hasLoneNames: Bool {
        !query.remarks.loneNames.isEmpty || !(form?.remarks.loneNames.isEmpty ?? true)
    }

    /// Warnings about names without `=`.
    private var loneNames: [String] {
        var warnings = looksLikeJSON ? [Parameters.jsonHint] : []
        for remarks in [form?.remarks, query.remarks].compactMap({ $0 }) {
            for lone in remarks.loneNames where !Parameters.beginsJSON(lone.name) {
                let shown = FieldAdvice.shortened(lone.name)
                warnings.append(
                    lone.isAfterSemicolon
                        ? "The text \"\(shown)\" is not read, since the \";\" before it ends a value, as \"&\" does: send "
                            + "\";\" as %3B, as `curl --data-urlencode` does"
                        : "The field \"\(shown)\" is not read, since it has no value: write \(shown)=VALUE")
            }
        }
        return warnings
    }

    /// The fields that the endpoint reads and that came more than once, in the form, in the query or in both, and whether their
    /// values are the same.
    private func repeated(in endpoint: Endpoint) -> [(name: String, areSame: Bool)] {
        var all: [String: Bool] = [:]
        for (name, areSame) in (form?.repeated ?? []) + query.repeated {
            all[name] = all[name] ?? true && areSame
        }
        if let form {
            for name in query.names where form.first(name) != nil {
                all[name] = all[name] ?? true && form.first(name) == query.first(name)
            }
        }
        return all.filter { endpoint.reads($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Whether a name, or what is taken for one, is the beginning of a JSON object.
    private static func beginsJSON(_ name: String) -> Bool {
        name.drop { $0.isWhitespace }.first == "{"
    }
}
