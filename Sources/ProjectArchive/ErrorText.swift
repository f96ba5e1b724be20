import Glibc

/// The text of strerror(3) for an `errno`, by the thread-safe strerror_r(3).
func errorText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return text(buffer)
}

/// An untrusted name in double quotes, shortened and on one line.
func quoted(_ name: String) -> String {
    var result = "\""
    for scalar in name.unicodeScalars.prefix(120) {
        if isControl(scalar) || scalar == "\u{fffd}" { result += "?" } else { result.unicodeScalars.append(scalar) }
    }
    return result + (name.unicodeScalars.count > 120 ? "…\"" : "\"")
}

/// U+0000-1F, U+7F and U+80-9F, and the two separators (U+2028, U+2029) that some readers take for the end of a line.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
}

/// The text before the first NUL.
private func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
