internal import LinuxSystem
internal import SpoolStore

/// The shown form of the names of a job's files. A UTF-8 name is shown unchanged; in any other, invalid bytes and `%`
/// are percent-encoded.
enum ShownName {
    /// The shown form of a name; nil if no form would lead back to it.
    ///
    /// An encoded form never equals the name of another file in the directory: if it would, more is encoded.
    ///
    /// - Parameter isReserved: whether a form has another meaning in a request.
    static func shown(
        _ name: FileName, in directory: borrowing Directory, isReserved: (String) -> Bool
    ) -> String? {
        if let text = name.text, !isReserved(text) { return text }
        let brief = encoded(name.bytes, all: false)
        if brief != name.text, !isReserved(brief), !directory.contains(brief) { return brief }
        let full = encoded(name.bytes, all: true)
        return directory.contains(full) ? nil : full
    }

    /// The path that a shown path refers to; nil if there is none. At each step a literal name takes precedence over a
    /// decoded one.
    static func path(_ shown: some StringProtocol, in top: borrowing Directory) -> RelativePath? {
        var path = RelativePath()
        for text in shown.utf8.split(separator: UInt8(ascii: "/")) {
            guard let directory = top.foreignDirectoryIfAny(path) else { return nil }
            let literal = FileName(bytes: text)
            if text.elementsEqual(".".utf8) { continue }
            if text.elementsEqual("..".utf8) { return nil }
            if directory.contains(literal) {
                path = path.appending(literal)
            } else if let decoded = decoded(Array(text)), directory.contains(decoded) {
                path = path.appending(decoded)
            } else {
                return nil
            }
        }
        return path
    }

    private static func encoded(_ bytes: [UInt8], all: Bool) -> String {
        var result = ""
        var rest = bytes[...]
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
            if !all, first != UInt8(ascii: "%"), rest.count >= length,
                let character = String(validating: rest.prefix(length), as: UTF8.self)
            {
                result += character
                rest = rest.dropFirst(length)
            } else {
                result += "%" + digit(first >> 4) + digit(first & 15)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static func digit(_ value: UInt8) -> String { String(value, radix: 16, uppercase: true) }

    /// The name that percent-encoded bytes encode; nil for one that is impossible in a directory.
    private static func decoded(_ text: [UInt8]) -> FileName? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(validating: rest.prefix(2), as: UTF8.self), digits.utf8.count == 2,
                !digits.hasPrefix("+"), !digits.hasPrefix("-"), let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard bytes != text, !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")),
            bytes != Array(".".utf8), bytes != Array("..".utf8)
        else { return nil }
        return FileName(bytes: bytes)
    }
}
