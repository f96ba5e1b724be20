/// The variables that the jobs of a project get in their environment, such as passwords: `projects/<name>/environment`, a
/// line `NAME=value` each. Their values are in no answer, log, event or command line.
public struct ProjectVariables: Hashable, Sendable {
    /// The name of the file in a project's directory.
    public static let file = "environment"
    /// The most bytes of the file.
    public static let limit = 256 << 10
    /// The most bytes of a value: Linux limits `NAME=value` to 128 KiB (execve(2)).
    public static let longestValue = 120 << 10

    /// The variables, each name once.
    public private(set) var variables: [NamedText] = []
    /// Why lines of the file are left out, without their text.
    public private(set) var refusals: [String] = []

    /// No variables.
    public init() {}

    /// Reads a file. Empty lines and those that begin with `#` are remarks; lines that are no variable, or a refused one,
    /// are left out.
    public init(parsing content: [UInt8]) {
        var known = NamedTexts()
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty && line.first != UInt8(ascii: "#") {
            guard let separator = line.firstIndex(of: UInt8(ascii: "=")) else {
                refusals.append("line \(index + 1) is not NAME=value")
                continue
            }
            let name = String(decoding: line[..<separator], as: UTF8.self)
            let value = String(decoding: line[line.index(after: separator)...], as: UTF8.self)
            if let reason = ProjectVariables.refusal(of: name) ?? ProjectVariables.refusal(ofValue: value) {
                refusals.append("line \(index + 1): \(reason)")
            } else {
                known.set(NamedText(name: name, text: value))
            }
        }
        variables = known.all
    }

    /// The content of a file after changes. Lines that are no variable, or another one, stay as they are.
    ///
    /// - Parameter changes: names and their new values; nil removes the variable.
    public static func changed(_ content: [UInt8], _ changes: [(name: String, value: String?)]) -> [UInt8] {
        let newLine = UInt8(ascii: "\n")
        let names = Set(changes.map { Array("\($0.name)=".utf8)[...] })
        var lines = content.split(separator: newLine, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        lines.removeAll { line in
            line.firstIndex(of: UInt8(ascii: "=")).map { names.contains(line[...$0]) } ?? false
        }
        var changed = lines.flatMap { $0 + [newLine] }
        for (name, value) in changes {
            if let value { changed += Array("\(name)=\(value)\n".utf8) }
        }
        return changed
    }

    /// Why a name cannot be that of a variable; nil if it can.
    public static func refusal(of name: String) -> String? {
        guard NamedText.isName(name) else {
            return "a variable's name has letters, digits and _, and begins with no digit"
        }
        if name.hasPrefix("SPOOL_") || ["SCRAPY_JOB", "SPIDER_DATA_DIR"].contains(name) {
            return "\(name) is set by the server"
        }
        if name.hasPrefix("LD_") { return "\(name) would change how programs are loaded" }
        return nil
    }

    /// Why a value cannot be that of a variable; nil if it can.
    public static func refusal(ofValue value: String) -> String? {
        if value.utf8.contains(where: { $0 == 0 || $0 == 0x0a }) { return "a value is one line" }
        return value.utf8.count > longestValue ? "a value has at most \(longestValue) bytes" : nil
    }

    /// An environment with these variables, which win over those that it has. PYTHONPATH comes after the one that it has.
    ///
    /// - Parameter environment: as `NAME=value`.
    public func added(to environment: [String]) -> [String] {
        let names = Set(variables.map(\.name))
        func name(_ entry: String) -> String { String(entry.prefix { $0 != "=" }) }
        let path = environment.first { $0.hasPrefix("PYTHONPATH=") }
        return environment.filter { !names.contains(name($0)) }
            + variables.map { variable in
                guard variable.name == "PYTHONPATH", let path else { return "\(variable.name)=\(variable.text)" }
                return path + (variable.text.isEmpty ? "" : ":\(variable.text)")
            }
    }
}
