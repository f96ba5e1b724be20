/// A condition under which a crawl that ended by itself has failed, such as `items<1`: a fact, an operator and a number, a
/// share or a word.
public struct FailRule: Hashable, Sendable, CustomStringConvertible {
    /// The most rules of a job.
    public static let most = 20

    /// The fact that is compared.
    public enum Fact: String, Sendable, CaseIterable {
        /// The counts of the crawl's report (``CrawlReport``).
        case items, dropped, requests, responses, failed, denied, errors, retries
        /// The finish reason of the crawl's report.
        case finish
        /// Seconds from the start to the end.
        case seconds
        /// The most memory of the largest process, in MiB.
        case rss
    }

    /// How the fact is compared.
    public enum Operator: String, Sendable, CaseIterable {
        case notEqual = "!="
        case less = "<"
        case greater = ">"
        case equal = "="
    }

    /// The value that the fact is compared with.
    public enum Operand: Hashable, Sendable {
        /// A number.
        case number(Int)
        /// A share of the responses, in percent.
        case share(percent: Int)
        /// A part, in percent, of the median of the last successful runs of the same spider with the same arguments. The
        /// engine replaces it by a number at the start.
        case median(percent: Int, runs: Int)
        /// A word; of `finish` only.
        case word(String)
    }

    /// The fact.
    public let fact: Fact
    /// The operator.
    public let comparison: Operator
    /// The other side.
    public let operand: Operand

    private static let expected =
        "rules joined by commas such as items<1, errors>50, denied>20%, items<50%/5 or finish!=finished"

    /// Reads a rule, with or without blanks between its parts; nil for anything else.
    public init?(_ text: String) {
        guard let start = text.firstIndex(where: { "<>=!".contains($0) }),
            let comparison = Operator.allCases.first(where: { text[start...].hasPrefix($0.rawValue) }),
            let fact = Fact(rawValue: String(text[..<start].trimmed { $0 == " " }))
        else { return nil }
        let operand = text[start...].dropFirst(comparison.rawValue.count)
        guard let operand = FailRule.operand(operand.trimmed { $0 == " " }, of: fact),
            fact != .finish || [.equal, .notEqual].contains(comparison)
        else { return nil }
        self.fact = fact
        self.comparison = comparison
        self.operand = operand
    }

    /// A rule of its parts.
    public init(_ fact: Fact, _ comparison: Operator, _ operand: Operand) {
        self.fact = fact
        self.comparison = comparison
        self.operand = operand
    }

    private static func operand(_ text: Substring, of fact: Fact) -> Operand? {
        guard fact != .finish else {
            let isWord = (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
            return isWord ? .word(String(text)) : nil
        }
        func number(_ text: Substring, to limit: Int = 1 << 53) -> Int? {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(text).flatMap { $0 <= limit ? $0 : nil }
        }
        guard let mark = text.firstIndex(of: "%") else { return number(text).map { .number($0) } }
        guard let percent = number(text[..<mark], to: 10_000) else { return nil }
        let rest = text[text.index(after: mark)...]
        if rest.isEmpty {
            let isCount = [.items, .dropped, .requests, .failed, .denied, .errors, .retries].contains(fact)
            return isCount ? .share(percent: percent) : nil
        }
        // The status of a run has no count of its retries, so there is no median of them.
        guard fact != .retries, rest.first == "/", let runs = number(rest.dropFirst(), to: 100), runs > 0 else {
            return nil
        }
        return .median(percent: percent, runs: runs)
    }

    /// The rules of a text, joined by commas; none from an empty text.
    public static func list(_ text: String) throws(OptionError) -> [FailRule] {
        var rules: [FailRule] = []
        for part in text.split(separator: ",") {
            guard let rule = FailRule(String(part)) else {
                throw OptionError(name: "fail-if", text: text, expected: expected)
            }
            rules.append(rule)
        }
        guard rules.count <= most else {
            throw OptionError(name: "fail-if", text: "", expected: "at most \(most) rules")
        }
        return rules
    }

    /// The text that ``init(_:)`` reads.
    public var description: String {
        let right =
            switch operand {
            case .number(let number): "\(number)"
            case .share(let percent): "\(percent)%"
            case .median(let percent, let runs): "\(percent)%/\(runs)"
            case .word(let word): word
            }
        return fact.rawValue + comparison.rawValue + right
    }
}
