internal import INI
internal import SpoolModel

extension Configuration {
    /// Applies a configuration file.
    ///
    /// - Parameters:
    ///   - text: the whole file.
    ///   - path: its path, for messages.
    public mutating func take(file text: String, path: String) throws(ConfigurationError) {
        let document: INIDocument
        do throws(INIError) {
            document = try INIDocument(parsing: text, exact: Configuration.openSections)
        } catch {
            throw ConfigurationError(at: "\(path):\(error.line)", error.message)
        }
        let sections = document.sections.filter { !ConfigurationKey.foreignSections.contains($0.name) }
        for section in sections {
            if try take(open: section, of: document, path: path) { continue }
            if try take(hook: section, of: document, path: path) { continue }
            try Configuration.checkNames(of: section, path: path)
            for key in ConfigurationKey.all where key.section == section.name {
                try take(key, of: document, path: path)
            }
        }
    }

    private mutating func take(
        _ key: ConfigurationKey, of document: INIDocument, path: String
    ) throws(ConfigurationError) {
        let value: (text: String, line: Int)?
        do throws(INIError) {
            value = try document.value(section: key.section, key: key.name)
        } catch {
            throw ConfigurationError(at: "\(path):\(error.line)", error.message)
        }
        guard let value else { return }
        try take(key, value.text, at: "\(path):\(value.line)", named: key.name)
    }

    private static func checkNames(of section: INISection, path: String) throws(ConfigurationError) {
        let known = ConfigurationKey.all.filter { $0.section == section.name }.map(\.name)
        guard !known.isEmpty else {
            throw ConfigurationError(at: "\(path):\(section.line)", unknown(section: section.name))
        }
        for entry in section.entries where !known.contains(entry.key) {
            throw ConfigurationError(at: "\(path):\(entry.line)", unknown(key: entry.key, in: section.name, known))
        }
    }

    private static func unknown(section name: String) -> String {
        let sections = "the sections are [scrapy-do], [web], [slurm], [jobs], [limits] and [hook NAME]"
        if name == "scrapyd" {
            return
                "[scrapyd] is of a configuration file of scrapyd, which has other keys than this server: \(sections), "
                + "and `scrapy-spool serve --check-config` shows their keys"
        }
        let nearest = Suggestion.nearest(to: name, among: ["scrapy-do", "web", "slurm"] + Configuration.openSections)
        return "there is no section [\(name)]\(nearest.map { ": did you mean [\($0)]?" } ?? ""); \(sections)"
    }

    private static func unknown(key: String, in section: String, _ known: [String]) -> String {
        let start = "there is no key `\(key)` in [\(section)]"
        let keys = "its keys are \(known.joined(separator: ", "))"
        if let nearest = Suggestion.nearest(to: key, among: known) {
            return "\(start): did you mean `\(nearest)`? \(keys)"
        }
        if let other = ConfigurationKey.all.first(where: { $0.name == key }) {
            return "\(start): it belongs in [\(other.section)]; \(keys)"
        }
        return "\(start); \(keys)"
    }

    /// Applies the environment.
    ///
    /// - Parameter environment: every variable, as `NAME=value`.
    public mutating func take(environment: [String]) throws(ConfigurationError) {
        // scrapyd reads these two variables.
        for variable in environment {
            guard let name = ["SCRAPYD_USERNAME=", "SCRAPYD_PASSWORD="].first(where: { variable.hasPrefix($0) }) else {
                continue
            }
            let id = name.dropLast().lowercased().replacing("_", with: "-")
            guard let key = ConfigurationKey.all.first(where: { $0.id == id }) else { continue }
            try take(key, String(variable.dropFirst(name.count)), at: String(name.dropLast()))
        }
        for variable in environment where variable.hasPrefix("SCRAPY_SPOOL_") {
            let name = String(variable.prefix { $0 != "=" })
            guard let key = ConfigurationKey.all.first(where: { $0.variable == name }) else { continue }
            try take(key, String(variable.dropFirst(name.count + 1)), at: name)
        }
    }

    /// Applies a flag.
    ///
    /// - Parameters:
    ///   - name: the name of a key.
    ///   - flag: the flag without its dashes, if it differs from the key's name.
    public mutating func take(flag name: String, _ text: String, as flag: String? = nil) throws(ConfigurationError) {
        guard let key = ConfigurationKey.all.first(where: { $0.id == name }) else {
            preconditionFailure("a flag without a key: \(name)")
        }
        try take(key, text, at: "--\(flag ?? name)")
    }

    private mutating func take(
        _ key: ConfigurationKey, _ text: String, at place: String, named name: String? = nil
    ) throws(ConfigurationError) {
        do {
            try key.set(&self, text)
            places[key.id] = place
        } catch {
            throw ConfigurationError(at: place, (name.map { "\($0): " } ?? "") + "\(error)")
        }
    }
}
