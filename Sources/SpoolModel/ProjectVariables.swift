/// The variables that the jobs of a project get in their environment, such as passwords: `projects/<name>/environment`, a
/// line `NAME=value` each. Their values are in no answer, log, event or command line.
public struct ProjectVariables: Hashable, Sendable {
    /// The name of the file in a project's directory.
    public static let file = "environment"
    /// The most bytes of the file.
    public static let limit = 256 << 10

    /// The variables, each name once.
    public private(set) var variables: [NamedText] = []

    /// No variables.
    public init() {}

    /// Reads a file. Empty lines and those that begin with `#` are remarks; lines that are no variable, or a refused one,
    /// are left out.
    public init(parsing content: [UInt8]) {
        for line in content.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
            guard let separator = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: line[..<separator], as: UTF8.self)
            let value = String(decoding: line[line.index(after: separator)...], as: UTF8.self)
            guard ProjectVariables.refusal(of: name) == nil, !value.utf8.contains(0) else { continue }
            set(name, to: value)
        }
    }

    /// The content of the file.
    public var content: [UInt8] {
        Array(variables.map { "\($0.name)=\($0.text)\n" }.joined().utf8)
    }

    /// Sets a variable; nil removes it.
    public mutating func set(_ name: String, to value: String?) {
        variables.removeAll { $0.name == name }
        if let value { variables.append(NamedText(name: name, text: value)) }
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
        value.utf8.contains { $0 == 0 || $0 == 0x0a } ? "a value is one line" : nil
    }

    /// An environment with these variables, which win over those that it has. PYTHONPATH comes after the one that it has.
    ///
    /// - Parameter environment: as `NAME=value`.
    public func added(to environment: [String]) -> [String] {
        var environment = environment
        for variable in variables {
            let start = "\(variable.name)="
            var value = variable.text
            if variable.name == "PYTHONPATH", let ours = environment.first(where: { $0.hasPrefix(start) }) {
                value = ours.dropFirst(start.count) + (value.isEmpty ? "" : ":\(value)")
            }
            environment.removeAll { $0.hasPrefix(start) }
            environment.append(start + value)
        }
        return environment
    }
}
