internal import INI
internal import SpoolModel

/// The sections [jobs], options of jobs by the names that `schedule-job.json` gives them, and [limits].
extension Configuration {
    /// The sections whose keys are not fixed.
    static let openSections = ["jobs", "limits"]

    /// Reads a section whose keys are not fixed; false for any other.
    mutating func take(
        open section: INISection, of document: INIDocument, path: String
    ) throws(ConfigurationError) -> Bool {
        guard Configuration.openSections.contains(section.name) else { return false }
        for entry in section.entries {
            let place = "\(path):\(entry.line)"
            let text: String
            do throws(INIError) {
                text = try document.value(section: section.name, key: entry.key)?.text ?? ""
            } catch {
                throw ConfigurationError(at: "\(path):\(error.line)", error.message)
            }
            do {
                let name = section.name == "jobs" ? try take(job: entry, text) : try take(limit: entry, text)
                let earlier = openPlaces.updateValue(place, forKey: "\(section.name)-\(name)")
                if let earlier { throw ValueError("key \(name) is there twice in this section, first at \(earlier)") }
            } catch {
                throw ConfigurationError(at: place, "\(error)")
            }
        }
        return true
    }

    /// Returns the option's name.
    private mutating func take(job entry: INIEntry, _ text: String) throws -> String {
        let key = entry.name.lowercased()
        // The names of arguments and settings have capital letters, all others have none.
        let isNamed = key.hasPrefix("arg.") || key.hasPrefix("setting.")
        let name = isNamed ? key.prefix { $0 != "." } + entry.name.drop { $0 != "." } : key[...]
        // A version is that of one project.
        guard name != "version", try jobs.set(String(name), to: text) else {
            let names = ["arg.NAME", "setting.NAME"] + JobOptions.names.filter { $0 != "version" }
            let keys = "its keys are \(names.joined(separator: ", "))"
            let nearest = Suggestion.nearest(to: key, among: names).map { ": did you mean `\($0)`?" }
            throw ValueError("there is no key `\(key)` in [jobs]\(nearest ?? ";") \(keys)")
        }
        try jobs.checkSettings()
        return String(name)
    }

    /// Returns the limit's name.
    private mutating func take(limit entry: INIEntry, _ text: String) throws -> String {
        var (spelt, text) = (entry.name, text)
        // A tag may have colons, which end a key in other sections.
        if entry.hasColon, spelt.lowercased().hasPrefix("tag "), let equals = text.lastIndex(of: "=") {
            spelt += ":" + text[..<equals].filter { $0 != " " }
            text = String(text[text.index(after: equals)...].drop { $0 == " " })
        }
        // The first word has no capital letters, the name after it may.
        let word = spelt.prefix { $0 != " " }.lowercased()
        let name = StartLimits.Subject(word + spelt.drop { $0 != " " })?.description ?? word
        guard try limits.set(name, to: text) else {
            throw ValueError(
                "there is no key `\(entry.name)` in [limits]; its keys are project NAME, spider PROJECT/NAME, tag WORD, "
                    + "priority-aging, queue")
        }
        return name
    }

    /// The content of these sections: names, texts and places.
    public var openRows: [(name: String, text: String, place: String)] {
        let options = jobs.texts.map { (name: "jobs-\($0.name)", text: $0.text) }
        let counts = limits.counts.sorted { $0.key < $1.key }.map { (name: "limits-\($0.key)", text: "\($0.value)") }
        let rest = [
            (name: "limits-priority-aging", text: limits.aging == 0 ? "off" : "\(limits.aging)s"),
            (name: "limits-queue", text: "\(limits.queue)"),
        ]
        return (options + counts + rest).map { ($0.name, $0.text, openPlaces[$0.name] ?? "default") } + hookRows
    }
}
