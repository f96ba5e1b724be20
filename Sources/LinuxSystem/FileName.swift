/// The bytes by which the system finds a file: a name or a path, without NUL.
///
/// `String` conforms to it, and so does ``FileName``, which need not be UTF-8.
public protocol PathBytes: Sendable, CustomStringConvertible {
    /// Calls a closure with the bytes and a terminating NUL.
    func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result
}

extension String: PathBytes {
    public func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { withCString(body) }
}

/// A name in a directory: any bytes but `/` and NUL, in any encoding (readdir(3)).
public struct FileName: PathBytes, Hashable, Comparable, ExpressibleByStringLiteral {
    /// The bytes with a terminating NUL.
    private let terminated: [CChar]

    /// Copies the C string at an address.
    init(_ place: UnsafePointer<CChar>) {
        var count = 0
        while place[count] != 0 { count += 1 }
        terminated = Array(UnsafeBufferPointer(start: place, count: count + 1))
    }

    /// The name of these bytes, up to the first NUL.
    public init(bytes: some Sequence<UInt8>) {
        terminated = bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
    }

    /// The name of a text in UTF-8.
    public init(_ text: String) {
        self.init(bytes: text.utf8)
    }

    /// The name of a text in UTF-8.
    public init(stringLiteral value: StaticString) {
        self.init("\(value)")
    }

    /// The bytes.
    public var bytes: [UInt8] { terminated.dropLast().map { UInt8(bitPattern: $0) } }

    /// The name as a text; nil if it is not UTF-8.
    public var text: String? { String(validating: bytes, as: UTF8.self) }

    /// Whether it begins with a dot.
    public var isHidden: Bool { terminated[0] == CChar(bitPattern: UInt8(ascii: ".")) }

    public func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        terminated.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("a name ends with NUL") }
            return body(start)
        }
    }

    /// The name for display and logs. A text without control characters is unchanged. In other names, bytes that are
    /// not UTF-8, control characters and `%` become `%` and two hexadecimal digits.
    public var description: String {
        let bytes = bytes
        if let text, !bytes.contains(where: FileName.isControl) { return text }
        var result = ""
        var rest = bytes[...]
        while let first = rest.first {
            let length = FileName.lengthOfCharacter(first)
            if !FileName.isControl(first), first != UInt8(ascii: "%"), rest.count >= length,
                let character = String(validating: rest.prefix(length), as: UTF8.self)
            {
                result += character
                rest = rest.dropFirst(length)
            } else {
                result += "%" + FileName.digit(first >> 4) + FileName.digit(first & 15)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    public static func < (one: FileName, other: FileName) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

    /// The length in bytes of a UTF-8 character by its first byte.
    private static func lengthOfCharacter(_ first: UInt8) -> Int {
        first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    }

    private static func digit(_ value: UInt8) -> String { String(value, radix: 16, uppercase: true) }
}
