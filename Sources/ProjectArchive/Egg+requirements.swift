/// The packages that an egg or a wheel needs.
extension Egg {
    /// The lines of a `requires.txt` as those of a requirements file: those before the first section, and those of sections that
    /// have a marker and no extra, `[:python_version < "3.8"]` (setuptools, "The Internal Structure of Python Eggs").
    static func requirements(inRequires text: String) -> [String] {
        var found: [String] = []
        // The text after each requirement; nil in the section of an extra.
        var marker: String? = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let words = trimmed(line)
            if words.isEmpty || words.hasPrefix("#") { continue }
            if words.hasPrefix("["), words.hasSuffix("]") {
                let section = words.dropFirst().dropLast()
                marker = section.hasPrefix(":") ? " ; \(section.dropFirst())" : nil
            } else if let marker {
                found.append(words + marker)
            }
        }
        return found.filter(isRequirement)
    }

    /// The fields `Requires-Dist` of core metadata, without those of extras.
    static func requirements(inMetadata text: String) -> [String] {
        let field = "requires-dist:"
        var found: [String] = []
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.isEmpty { break }
            guard line.lowercased().hasPrefix(field) else { continue }
            let words = trimmed(line.dropFirst(field.count))
            let marker = words.firstIndex(of: ";").map { words[$0...] } ?? ""
            if !marker.contains("extra") { found.append(words) }
        }
        return found.filter(isRequirement)
    }

    /// Whether a line is no option of a requirements file, and no path.
    private static func isRequirement(_ line: String) -> Bool {
        guard let first = line.unicodeScalars.first else { return false }
        return first.isASCII && (first.properties.isAlphabetic || first.properties.numericType != nil)
    }
}
