/// The header of one part of a multipart/form-data body (RFC 7578 section 4).
struct PartHeader {
    /// The name of the field.
    let name: [UInt8]
    /// The name of the file, if the field is one.
    let filename: [UInt8]?

    /// Reads a header: lines that end in CRLF, the last one empty. Folded lines are joined.
    ///
    /// Throws `malformed` for a header without a field name, and `unsupported` for a Content-Transfer-Encoding other
    /// than binary, 8bit and 7bit (RFC 7578 section 4.7 deprecates them). All other headers are ignored.
    init(block: [UInt8]) throws(FormError) {
        var disposition: HeaderValue?
        for line in try Self.lines(of: block) {
            let (header, value) = try Self.split(line)
            switch header {
            case "content-disposition":
                guard disposition == nil else {
                    throw FormError(.malformed, "A part has two Content-Disposition headers; send one.")
                }
                disposition = HeaderValue(value)
                if disposition == nil { throw Self.badDisposition }
            case "content-transfer-encoding":
                try Self.checkEncoding(value)
            default:
                break
            }
        }
        guard let disposition, disposition.word.elementsEqual("form-data".utf8) else { throw Self.badDisposition }
        let names = disposition.values(of: "name")
        let filenames = disposition.values(of: "filename")
        guard names.count == 1, filenames.count <= 1 else { throw Self.badDisposition }
        name = names[0]
        filename = filenames.first
    }

    private static let badDisposition = FormError(
        .malformed, "A part needs one header like: Content-Disposition: form-data; name=\"archive\".")

    /// The lines of a header without their ends, and folded lines joined (RFC 5322 section 2.2.3).
    private static func lines(of block: [UInt8]) throws(FormError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        while let lineFeed = block[start...].firstIndex(of: 0x0A) {
            let line = block[start..<max(start, lineFeed - 1)]
            start = lineFeed + 1
            guard let first = line.first else { continue }
            if !first.isBlank {
                lines.append(Array(line))
            } else if lines.isEmpty {
                throw FormError(.malformed, "The first header of a part begins with a blank; remove it.")
            } else {
                lines[lines.count - 1] += line
            }
        }
        return lines
    }

    /// The name of a header in lower case, and its value.
    private static func split(_ line: [UInt8]) throws(FormError) -> (header: String, value: ArraySlice<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(\.isTokenCharacter)
        else {
            throw FormError(
                .malformed, "A line in the header of a part is not \"Name: value\"; is an empty line missing?")
        }
        return (String(decoding: line[..<colon].map(\.lowercased), as: UTF8.self), line[(colon + 1)...].trimmed)
    }

    private static func checkEncoding(_ value: ArraySlice<UInt8>) throws(FormError) {
        let encoding = String(decoding: value.map(\.lowercased), as: UTF8.self)
        guard ["binary", "8bit", "7bit"].contains(encoding) else {
            throw FormError(
                .unsupported, "A part has a Content-Transfer-Encoding other than binary; send the bytes as they are.")
        }
    }
}
