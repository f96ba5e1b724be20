/// Reads a file line by line, with the state of `configparser.RawConfigParser._read` between two lines.
struct INIParser {
    private enum Place {
        case nowhere, defaults
        case section(Int)
    }

    private let exact: [String]
    private var document = INIDocument()
    private var place = Place.nowhere
    /// Whether a value could go on at the next line.
    private var hasKey = false
    /// Lines of the value that is being read.
    private var value: [String] = []
    private var indentation = 0

    init(exact: [String]) {
        self.exact = exact
    }

    mutating func parse(_ text: String) throws(INIError) {
        if text.unicodeScalars.first == "\u{feff}" {
            throw INIError(line: 1, message: "the file begins with a byte order mark; save it as UTF-8 without one")
        }
        var number = 0
        for line in INILines(text) {
            number += 1
            try parse(line: line, number: number)
        }
        finishValue()
    }

    func finished() -> INIDocument { document }

    private mutating func parse(line: Substring.UnicodeScalarView, number: Int) throws(INIError) {
        let text = line.trimmed
        guard let first = text.first else {
            // An empty line belongs to the value if the value goes on after it.
            if hasKey { value.append("") }
            return
        }
        if first == "#" || first == ";" { return }
        let indentation = line.count - line.drop(while: \.isSpace).count
        if hasKey, indentation > self.indentation {
            value.append(String(text))
            return
        }
        finishValue()
        self.indentation = indentation
        if first == "[", let close = text.lastIndex(of: "]"), text.index(after: text.startIndex) < close {
            try open(section: String(text[..<close].dropFirst()), number: number)
        } else {
            try open(entry: text, number: number)
        }
    }

    private mutating func open(section name: String, number: Int) throws(INIError) {
        if name == INIDocument.defaultName {
            place = .defaults
            return
        }
        if let earlier = document.section(name) {
            throw INIError(line: number, message: "section [\(name)] is already at line \(earlier.line)")
        }
        document.positions[name] = document.sections.count
        place = .section(document.sections.count)
        document.sections.append(INISection(name: name, line: number))
    }

    private mutating func open(entry text: Substring.UnicodeScalarView, number: Int) throws(INIError) {
        if case .nowhere = place {
            throw INIError(
                line: number,
                message: text.first == "["
                    ? "the name of a section has to be between brackets, with nothing after it: [name]"
                    : "a [section] must come before the first key")
        }
        guard let delimiter = text.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
            throw INIError(line: number, message: "a key needs a value: key = value")
        }
        let name = String(text[..<delimiter].trimmed)
        let key = hasExactKeys ? name : name.lowercased()
        guard !key.isEmpty else {
            throw INIError(line: number, message: "the key before \(text[delimiter]) is missing")
        }
        let entry = INIEntry(key: key, name: name, text: "", hasColon: text[delimiter] == ":", line: number)
        guard add(entry) else {
            throw INIError(line: number, message: "key \(key) is there twice in this section")
        }
        value = [String(text[delimiter...].dropFirst().trimmed)]
        hasKey = true
    }

    private var hasExactKeys: Bool {
        if case .section(let index) = place { exact.contains(document.sections[index].name) } else { false }
    }

    private mutating func add(_ entry: INIEntry) -> Bool {
        switch place {
        case .nowhere: false
        case .defaults: document.defaults.add(entry)
        case .section(let index): document.sections[index].add(entry)
        }
    }

    private mutating func finishValue() {
        guard hasKey else { return }
        while value.count > 1, value.last == "" { value.removeLast() }
        let text = value.joined(separator: "\n")
        switch place {
        case .nowhere: break
        case .defaults: document.defaults.entries[document.defaults.entries.count - 1].text = text
        case .section(let index):
            document.sections[index].entries[document.sections[index].entries.count - 1].text = text
        }
        hasKey = false
        value = []
    }
}
