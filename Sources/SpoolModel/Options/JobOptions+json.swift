/// The members of `metadata.json`, of a submission, and of `projects/<name>/settings.json`: `arguments` and `settings` are
/// objects of texts, `tags` is a list of words, and the others have the names of the API with `_` for `-`.
extension JobOptions {
    /// The members' names.
    public static let members = ["arguments", "settings"] + names.map(member)

    /// Bytes, since `replacing` of texts searches as a regular expression does, which would cost each shim a tenth of a
    /// millisecond.
    private static func member(_ name: String) -> String {
        String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    /// Reads the members that are there.
    ///
    /// - Parameter takingAnyName: whether arguments and settings may have any names, as those of scrapyd's clients have.
    public init(parsing document: JSON, takingAnyName: Bool = false) throws(OptionError) {
        for (member, prefix) in [("arguments", "arg."), ("settings", "setting.")] {
            guard let value = document[member], value != .null else { continue }
            guard case .object(let entries) = value else {
                throw OptionError(name: member, text: "", expected: "an object of names and texts")
            }
            for entry in entries {
                guard let text = JobOptions.text(of: entry.value) else {
                    throw OptionError(name: "\(member).\(entry.name)", text: "", expected: "a text or a number")
                }
                if !takingAnyName {
                    _ = try set(prefix + entry.name, to: text)
                } else if member == "arguments" {
                    try setArgument(entry.name, to: text)
                } else {
                    try setSetting(entry.name, to: text)
                }
            }
        }
        for name in JobOptions.names {
            guard let value = document[JobOptions.member(name)], value != .null else { continue }
            // A list of words, such as tags, may be written as a list.
            let words = (value.elements ?? [value]).map { JobOptions.text(of: $0) }
            guard !words.contains(nil) else {
                throw OptionError(name: JobOptions.member(name), text: "", expected: "a text or a number")
            }
            let text = words.compactMap(\.self).joined(separator: ",")
            _ = try set(name, to: text)
        }
    }

    /// Why an object has a member that means nothing; nil if it has none. A limit that is spelt wrongly would not hold.
    ///
    /// - Parameter others: the names of members that are not options.
    public static func unknownMember(of document: JSON, besides others: [String]) -> String? {
        let known = members + others
        guard case .object(let entries) = document, let name = entries.map(\.name).first(where: { !known.contains($0) })
        else { return nil }
        for (prefix, member) in [("arg.", "arguments"), ("setting.", "settings")] where name.hasPrefix(prefix) {
            return "`\(name)` is no member: write \"\(member)\": {\"\(name.dropFirst(prefix.count))\": …}"
        }
        let meant = known.contains(member(name)) ? member(name) : Suggestion.nearest(to: member(name), among: known)
        return "`\(name)` is no member" + (meant.map { ": did you mean `\($0)`?" } ?? "")
    }

    private static func text(of value: JSON) -> String? {
        switch value {
        case .string(let text): text
        case .number(let text): text
        // As Scrapy reads a setting from the command line.
        case .bool(let flag): flag ? "True" : "False"
        default: nil
        }
    }

    /// Writes the members that were asked for into an object, and removes the others.
    public func write(into document: inout JSON) {
        func object(_ texts: [NamedText]) -> JSON? {
            texts.isEmpty ? nil : .object(texts.map { JSON.Member($0.name, .string($0.text)) })
        }
        document["arguments"] = object(arguments)
        document["settings"] = object(settings)
        let texts = Dictionary(uniqueKeysWithValues: texts.map { ($0.name, $0.text) })
        for name in JobOptions.names where name != "tags" {
            document[JobOptions.member(name)] = texts[name].map { text in
                ["priority", "retries", "version"].contains(name) ? .number(text) : .string(text)
            }
        }
        document["tags"] = tags.map { .array($0.map { .string($0.description) }) }
    }
}
