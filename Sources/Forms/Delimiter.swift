/// The line between the parts of a multipart body, with the line end before it (RFC 2046 section 5.1.1).
struct Delimiter: Sendable {
    /// CR LF `--` and the boundary. Only the first byte is a CR, so after a failed match the search resumes where it
    /// failed.
    let bytes: [UInt8]

    /// The delimiter with 1 to 70 printable ASCII characters, the last one not a space; nil for any other boundary.
    init?(boundary: [UInt8]) {
        guard (1...70).contains(boundary.count), boundary.last != UInt8(ascii: " "),
            boundary.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        bytes = [0x0D, 0x0A, 0x2D, 0x2D] + boundary
    }

    /// The length of the delimiter.
    var count: Int {
        bytes.count
    }

    /// The index of the next delimiter, and how many of its bytes the input holds: all, or fewer at the input's end.
    /// The input's count and 0 if there is none.
    func search(_ input: Span<UInt8>, from start: Int) -> (start: Int, matched: Int) {
        var position = start
        while let found = input.firstCarriageReturn(from: position) {
            let matched = match(input, at: found, from: 0)
            position = found + matched
            if matched == count || position == input.count { return (found, matched) }
        }
        return (input.count, 0)
    }

    /// How many bytes of the delimiter are matched when the input at `start` is compared with it from `matched` on.
    func match(_ input: Span<UInt8>, at start: Int, from matched: Int) -> Int {
        var matched = matched
        var position = start
        while matched < count, position < input.count, input[position] == bytes[matched] {
            matched += 1
            position += 1
        }
        return matched
    }
}
