import INI

/// What is read as a configuration file gives its values within their limits.
enum INIProperty {
    static func flaw(_ input: [UInt8]) -> String? {
        guard let text = String(validating: input, as: UTF8.self), let document = try? INIDocument(parsing: text)
        else { return nil }
        for section in document.sections {
            guard document.section(section.name)?.line == section.line else { return "a section is lost" }
            for entry in section.entries + document.defaults.entries {
                guard document.defaults.entry(entry.key) != nil || section.entry(entry.key) != nil else {
                    return "key \(entry.key.debugDescription) is lost"
                }
                let value = try? document.value(section: section.name, key: entry.key)
                guard value?.text.utf8.count ?? 0 <= 65_536 else { return "a value is too long" }
            }
        }
        return nil
    }
}
