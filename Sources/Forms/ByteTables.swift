/// The meaning of each byte in an urlencoded form; 256 entries a table.
enum ByteTables {
    /// A byte without a special meaning.
    static let plain: UInt8 = 0
    /// `+`.
    static let plus: UInt8 = 1
    /// `%`.
    static let percent: UInt8 = 2
    /// `&` and `;`.
    static let separator: UInt8 = 3
    /// `=`.
    static let equals: UInt8 = 4

    /// The kind of each byte.
    static let kinds: [UInt8] = {
        var table = [UInt8](repeating: plain, count: 256)
        table[Int(UInt8(ascii: "+"))] = plus
        table[Int(UInt8(ascii: "%"))] = percent
        table[Int(UInt8(ascii: "&"))] = separator
        table[Int(UInt8(ascii: ";"))] = separator
        table[Int(UInt8(ascii: "="))] = equals
        return table
    }()

    /// The value of each hexadecimal digit, and 255 for all other bytes.
    static let hexadecimal: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, digit) in "0123456789abcdef".utf8.enumerated() { table[Int(digit)] = UInt8(value) }
        for (value, digit) in "ABCDEF".utf8.enumerated() { table[Int(digit)] = UInt8(value + 10) }
        return table
    }()
}
