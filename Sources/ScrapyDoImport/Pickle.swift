/// What a pickle says, as values that refer to each other by their numbers.
///
/// A pickle may hold one list in many places, or in itself, so its values are kept side by side and nothing here ever
/// descends: memory is bounded by the length of the pickle.
public struct Pickle: Hashable, Sendable {
    /// Which value: an index into the values of its pickle.
    public typealias Reference = Int

    /// One value.
    public enum Value: Hashable, Sendable {
        /// `None`.
        case none
        /// `True` or `False`.
        case bool(Bool)
        /// A whole number of at most 64 bits.
        case integer(Int64)
        /// A number with a point.
        case float(Double)
        /// Text.
        case text(String)
        /// Bytes, or a text of Python 2 that is not UTF-8.
        case bytes([UInt8])
        /// A list.
        case list([Reference])
        /// A tuple.
        case tuple([Reference])
        /// A set or a frozen set, its elements as they were added.
        case set([Reference])
        /// A dictionary, its items as they were set: of equal keys the last counts, in the place of the first.
        case dictionary([Item])
        /// A class, by its name. Nothing is loaded.
        case type(String)
        /// What would be an object of a class, with the arguments it would be made of. Nothing is made.
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

    /// The value that a reference stands for.
    public subscript(reference: Reference) -> Value { values[reference] }

    /// The text that a reference stands for; nil for any other value.
    public func text(_ reference: Reference) -> String? {
        if case .text(let text) = values[reference] { text } else { nil }
    }
}
