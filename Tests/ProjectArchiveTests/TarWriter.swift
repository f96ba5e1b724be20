/// Writes ustar (POSIX.1-2017, pax) with whatever is put into it.
struct TarWriter {
    private(set) var bytes: [UInt8] = []

    /// A tar of regular files without further ado.
    static func archive(_ files: (String, String)...) -> [UInt8] {
        var writer = TarWriter()
        for (name, text) in files { writer.add(name, data: Array(text.utf8)) }
        return writer.finished()
    }

    mutating func add(
        _ name: String, type: Character = "0", mode: Int = 0o644, link: String = "", data: [UInt8] = [],
        size: Int? = nil
    ) {
        add(name: Array(name.utf8), type: type, mode: mode, link: Array(link.utf8), data: data, size: size)
    }

    mutating func add(
        name: [UInt8], type: Character = "0", mode: Int = 0o644, link: [UInt8] = [], data: [UInt8] = [],
        size: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Collection<UInt8>, at place: Int) {
            header.replaceSubrange(place..<(place + text.count), with: text)
        }
        func octal(_ number: Int, _ digits: Int) -> [UInt8] {
            let text = String(number, radix: 8)
            return Array((String(repeating: "0", count: digits - text.count) + text).utf8) + [0]
        }
        // Long names go where ustar splits them.
        if name.count > 100, let slash = name[..<155].lastIndex(of: UInt8(ascii: "/")), name.count - slash - 1 <= 100 {
            put(name[..<slash], at: 345)
            put(name[(slash + 1)...], at: 0)
        } else {
            put(name.prefix(100), at: 0)
        }
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size ?? data.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        put(type.utf8, at: 156)
        put(link.prefix(100), at: 157)
        put("ustar\u{0}00".utf8, at: 257)
        put([UInt8](repeating: 32, count: 8), at: 148)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + [32], at: 148)
        bytes += header + data
        bytes += [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    /// A pax header with records for the next entry.
    mutating func addExtended(_ records: (key: String, value: [UInt8])...) {
        add("PaxHeader", type: "x", data: records.flatMap { TarWriter.record($0.key, $0.value) })
    }

    /// A record with its own length in front, which counts the length's digits too.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [10]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length += 1 }
        return Array(String(length).utf8) + rest
    }

    /// The tar with the two blocks that end it.
    func finished() -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: 1_024)
    }
}
