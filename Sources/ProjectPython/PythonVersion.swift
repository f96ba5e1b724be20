/// A version of Python: `3.11.2`.
public struct PythonVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The numbers, at least one.
    let numbers: [Int]

    /// Parses one to four numbers with dots between them; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int? in
            guard !part.isEmpty, part.utf8.count <= 6, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int(part)
        }
        guard numbers.count == parts.count, (1...4).contains(numbers.count) else { return nil }
        self.numbers = numbers
    }

    /// `3.11.2`.
    public var description: String { numbers.map(String.init).joined(separator: ".") }

    /// Whether the version begins with the numbers of another one.
    func begins(with other: PythonVersion) -> Bool { numbers.starts(with: other.numbers) }

    /// Compares number by number; a missing number counts as 0 (PEP 440).
    public static func < (one: PythonVersion, other: PythonVersion) -> Bool {
        let length = max(one.numbers.count, other.numbers.count)
        return one.padded(length).lexicographicallyPrecedes(other.padded(length))
    }

    /// Equality in PEP 440's sense: 3.11 equals 3.11.0.
    func equals(_ other: PythonVersion) -> Bool { !(self < other) && !(other < self) }

    private func padded(_ length: Int) -> [Int] {
        numbers + Array(repeating: 0, count: max(0, length - numbers.count))
    }
}

/// Which versions of Python a project accepts: `>=3.9,<3.13`, `3.12`, `^3.10`, `~=3.11`.
public struct PythonSpecifier: Sendable, CustomStringConvertible {
    private enum Test {
        case from(PythonVersion), after(PythonVersion), upTo(PythonVersion), before(PythonVersion)
        case like(PythonVersion), unlike(PythonVersion), exactly(PythonVersion), notExactly(PythonVersion)
    }

    private let tests: [Test]
    /// The text that was parsed.
    public let description: String

    /// Parses a list of version specifiers (PEP 440), a version or its beginning, or Poetry's `^` and `~`. Nil for
    /// anything else.
    public init?(_ text: some StringProtocol) {
        description = String(text.filter { !$0.isWhitespace })
        var tests: [Test] = []
        for part in description.split(separator: ",") {
            guard let found = PythonSpecifier.tests(of: part) else { return nil }
            tests += found
        }
        guard !tests.isEmpty else { return nil }
        self.tests = tests
    }

    private static func tests(of part: Substring) -> [Test]? {
        if part == "*" { return [.from(PythonVersion("0")!)] }
        let operators = ["===", "~=", "==", "!=", ">=", "<=", ">", "<", "^", "~"]
        let sign = operators.first { part.hasPrefix($0) } ?? ""
        var text = part.dropFirst(sign.count)
        if sign.isEmpty, text.hasPrefix("cpython-") { text = text.dropFirst("cpython-".count) }
        if sign.isEmpty, text.hasPrefix("python") { text = text.dropFirst("python".count) }
        let isOpen = text.hasSuffix(".*")
        guard let version = PythonVersion(isOpen ? text.dropLast(2) : text) else { return nil }
        switch sign {
        case "": return [.like(version)]
        case "==", "===": return [isOpen ? .like(version) : .exactly(version)]
        case "!=": return [isOpen ? .unlike(version) : .notExactly(version)]
        case ">=": return [.from(version)]
        case "<=": return [.upTo(version)]
        case ">": return [.after(version)]
        case "<": return [.before(version)]
        case "^": return [.from(version), .like(PythonVersion("\(version.numbers[0])")!)]
        default:
            // `~=3.11` is at least that with the same first number; `~3.11`, of Poetry, has the same first two.
            let kept = sign == "~" ? version.numbers.prefix(2) : version.numbers.dropLast()
            guard let prefix = PythonVersion(kept.map(String.init).joined(separator: ".")) else { return nil }
            return [.from(version), .like(prefix)]
        }
    }

    /// Whether a version is accepted.
    public func accepts(_ version: PythonVersion) -> Bool {
        tests.allSatisfy { test in
            switch test {
            case .from(let bound): !(version < bound)
            case .after(let bound): bound < version && !version.begins(with: bound)
            case .upTo(let bound): !(bound < version)
            case .before(let bound): version < bound
            case .like(let prefix): version.begins(with: prefix)
            case .unlike(let prefix): !version.begins(with: prefix)
            case .exactly(let other): version.equals(other)
            case .notExactly(let other): !version.equals(other)
            }
        }
    }
}
