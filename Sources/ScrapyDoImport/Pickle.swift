/// The content of a pickle, as values that refer to each other by index.
///
/// A pickle may contain one list in many places, or a list in itself. So its values are stored in one array, and
/// nothing here recurses: memory is bounded by the length of the pickle.
public struct Pickle: Hashable, Sendable {
    /// An index into the values of the pickle.
    public typealias Reference = Int

    /// One value.
    public enum Value: Hashable, Sendable {
        /// `None`.
        case none
        /// `True` or `False`.
        case bool(Bool)
        /// An integer of at most 64 bits.
        case integer(Int64)
        /// A floating-point number.
        case float(Double)
        /// Text.
        case text(String)
        /// Bytes, or a text of Python 2 that is not UTF-8.
        case bytes([UInt8])
        /// A list.
        case list([Reference])
        /// A tuple.
        case tuple([Reference])
        /// A set or a frozen set; its elements in the order in which they were added.
        case set([Reference])
        /// A dictionary; its items in the order in which they were set. Of equal keys the last one counts, in the
        /// position of the first.
        case dictionary([Item])
        /// The name of a class. The class is not loaded.
        case type(String)
        /// An object of a class, as the arguments of its constructor. The object is not made.
        case record(type: String, arguments: [Reference])
    }

    /// A key and its value in a dictionary.
    public struct Item: Hashable, Sendable {
        /// The key.
        public var key: Reference
        /// The value.
        public var value: Reference
    }

    /// The value that was pickled.
    public let root: Value
    private let values: [Value]

    init(root: Reference, of values: [Value]) {
        self.root = values[root]
        self.values = values
    }

    /// The value at a reference.
    public subscript(reference: Reference) -> Value { values[reference] }

    /// The text at a reference; nil for any other value.
    public func text(_ reference: Reference) -> String? {
        if case .text(let text) = values[reference] { text } else { nil }
    }
}
