internal import INI
public import SpoolModel

/// The sections [hook NAME], and the keys `on-end` and `on-failure`.
extension Configuration {
    /// The most hooks that have a section: each has a thread.
    private static let mostHooks = 32

    /// Reads a section [hook NAME]; false for any other.
    mutating func take(
        hook section: INISection, of document: INIDocument, path: String
    ) throws(ConfigurationError) -> Bool {
        let words = section.name.split(separator: " ", omittingEmptySubsequences: true)
        guard words.first == "hook" else { return false }
        let place = "\(path):\(section.line)"
        guard words.count == 2, let name = HookName(String(words[1])), name != .onEnd, name != .onFailure else {
            throw ConfigurationError(
                at: place,
                "[\(section.name)] has no name that a hook can have: up to 64 lower-case letters, digits and hyphens, as in "
                    + "[hook chat]; on-end and on-failure are keys of [scrapy-do]")
        }
        guard !hookSections.contains(where: { $0.name == name }), hookSections.count < Configuration.mostHooks else {
            throw ConfigurationError(
                at: place, "there are two sections [hook \(name)], or more than \(Configuration.mostHooks) of them")
        }
        var hook = HookSection(name: name)
        for entry in section.entries {
            try Configuration.take(entry, into: &hook, of: section.name, document, path: path)
        }
        guard let url = hook.url else {
            throw ConfigurationError(at: place, "[\(section.name)] has no `url`, the address that requests are sent to")
        }
        guard url.isPrivate || url.isLoopback || hook.isInsecure else {
            throw ConfigurationError(
                at: hook.places["url"] ?? place,
                "url: http is readable on its way to \(url.host): name an https address, or write `insecure-http = on` into "
                    + "[\(section.name)]")
        }
        hookSections.append(hook)
        return true
    }

    private static func take(
        _ entry: INIEntry, into hook: inout HookSection, of section: String, _ document: INIDocument, path: String
    ) throws(ConfigurationError) {
        let place = "\(path):\(entry.line)"
        guard HookSection.keys.contains(entry.key) else {
            let nearest = Suggestion.nearest(to: entry.key, among: HookSection.keys).map { ": did you mean `\($0)`?" }
            throw ConfigurationError(
                at: place,
                "there is no key `\(entry.key)` in [\(section)]\(nearest ?? ";") its keys are "
                    + HookSection.keys.joined(separator: ", "))
        }
        let text: String
        do throws(INIError) {
            text = try document.value(section: section, key: entry.key)?.text ?? ""
        } catch {
            throw ConfigurationError(at: "\(path):\(error.line)", error.message)
        }
        do {
            try hook.set(entry.key, to: text)
        } catch {
            throw ConfigurationError(at: place, "\(entry.key): \(error)")
        }
        hook.places[entry.key] = place
    }

    /// The content of these sections: names, texts and places.
    var hookRows: [(name: String, text: String, place: String)] {
        hookSections.flatMap { hook in
            hook.rows.map { ("hook-\(hook.name)-\($0.key)", $0.text, hook.places[$0.key] ?? "default") }
        }
    }

    /// All hooks: those of sections, and the commands.
    public var hooks: [Hook] {
        func command(_ name: HookName, _ words: [String], _ events: Set<HookEvent>) -> [Hook] {
            guard !words.isEmpty else { return [] }
            return [
                Hook(
                    name, .run(words, seconds: hookTimeout), events: events, patience: HookSection.usualPatience)
            ]
        }
        return command(.onEnd, onEnd, Set(HookEvent.allCases)) + command(.onFailure, onFailure, [.failed])
            + hookSections.compactMap(\.hook)
    }
}
