/// The request of a client of scrapyd in its own terms: the member `client` of a job's `metadata.json`. The job has an
/// id of its own beside it.
public struct ClientRequest: Hashable, Sendable {
    /// The most bytes of an id.
    public static let longestID = 200

    /// The client's id of the job, a name of a file. It need not be unique.
    public let id: String
    /// The name of the version as it was given; nil for the version that is current at the start. An empty name means the same,
    /// and the spider gets it.
    public let version: String?
    /// Among jobs of the same priority, a higher one starts first. Any number of Python's `float`; 0 by default.
    public let priority: Double

    /// A request of a client; nil if the id cannot be the name of a file, or the version no argument of a program.
    public init?(id: String, version: String? = nil, priority: Double = 0) {
        guard ClientRequest.isID(id), version.map(ClientRequest.isVersion) ?? true else { return nil }
        self.id = id
        self.version = version
        self.priority = priority
    }

    /// Whether a text can be an id.
    public static func isID(_ text: String) -> Bool {
        (1...longestID).contains(text.utf8.count) && text != "." && text != ".."
            && !text.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
    }

    /// Whether a text can be the name of a version, which the spider gets as an argument (execve(2)): it has no NUL.
    public static func isVersion(_ text: String) -> Bool { !text.utf8.contains(0) }

    /// The rank of the priority, a number that is no NaN: NaN comes last.
    public var weight: Double { priority.isNaN ? -.infinity : priority }

    /// Reads the member; nil for any other value.
    init?(parsing json: JSON) {
        guard let id = json["id"]?.text else { return nil }
        self.init(
            id: id, version: json["version"]?.text,
            priority: json["priority"]?.text.flatMap { ClientRequest.number($0) } ?? 0)
    }

    /// The member's value.
    var json: JSON {
        .object(
            [JSON.Member("id", .string(id))] + (version.map { [JSON.Member("version", .string($0))] } ?? [])
                + (priority == 0 ? [] : [JSON.Member("priority", .string("\(priority)"))]))
    }

    /// A number as Python's `float()` reads it: white space around it and single `_` between digits are allowed. Nil for any
    /// other text.
    public static func number(_ text: String) -> Double? {
        var words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let word = words.popLast() else { return nil }
        let parts = word.split(separator: "_", omittingEmptySubsequences: false)
        for (one, other) in zip(parts, parts.dropFirst()) {
            guard one.last?.isNumber == true, other.first?.isNumber == true else { return nil }
        }
        let plain = parts.joined().lowercased()
        guard !plain.contains("x"), !plain.contains("p"), !plain.contains("(") else { return nil }
        return Double(plain)
    }
}
