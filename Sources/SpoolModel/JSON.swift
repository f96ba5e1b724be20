/// A JSON value (RFC 8259) that preserves the order of an object's members and the text of numbers.
///
/// `NaN`, `Infinity` and `-Infinity` are numbers here, because Python reads and writes them.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number as it was written.
    case number(String)
    case string(String)
    case array([JSON])
    /// Members in order. Names are unique in a parsed object.
    case object([Member])

    /// A name and its value in an object.
    public struct Member: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The value.
        public var value: JSON

        /// A name and its value.
        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// A whole number.
    // Without the body its callers would resolve the type at run time.
    @inlinable
    public static func number(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

    /// The value of an object's member; nil if it is missing or this is not an object. Setting nil removes the member;
    /// setting a member of another kind of value replaces that value by an object.
    public subscript(name: String) -> JSON? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.name == name }?.value
        }
        set {
            var members: [Member] = []
            if case .object(let present) = self { members = present }
            if let index = members.firstIndex(where: { $0.name == name }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(name, newValue))
            }
            self = .object(members)
        }
    }

    /// The text of a string; nil for any other value.
    public var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A whole number that fits into an Int; nil for any other value.
    public var integer: Int? {
        if case .number(let text) = self { Int(text) } else { nil }
    }

    /// The elements of an array; nil for any other value.
    public var elements: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
