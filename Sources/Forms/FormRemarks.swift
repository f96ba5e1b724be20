/// Parts of an urlencoded form or of a query string that its client may not have meant.
public struct FormRemarks: Hashable, Sendable {
    /// A name without `=`, which is no field.
    public struct LoneName: Hashable, Sendable {
        /// The name, decoded; invalid UTF-8 in it is repaired.
        public let name: String
        /// Whether `;` is before it, and not `&` or nothing.
        public let isAfterSemicolon: Bool
    }

    /// The most lone names that are kept.
    private static let most = 20

    /// The first lone names, in their order.
    public private(set) var loneNames: [LoneName] = []
    /// Whether `;` separates fields. Some clients mean it as a part of a value.
    public private(set) var hasSemicolon = false

    mutating func noteSemicolon() {
        hasSemicolon = true
    }

    mutating func note(_ name: [UInt8], isAfterSemicolon: Bool) {
        guard !name.isEmpty, loneNames.count < FormRemarks.most else { return }
        loneNames.append(LoneName(name: String(decoding: name, as: UTF8.self), isAfterSemicolon: isAfterSemicolon))
    }
}
