/// The value of a Content-Type or Content-Disposition header: a word and its parameters (RFC 2045 section 5.1).
struct HeaderValue {
    /// The word before the parameters, in lower case.
    let word: [UInt8]
    /// The parameters in order, their names in lower case.
    private(set) var parameters: [(name: [UInt8], value: [UInt8])] = []

    /// Reads a value; nil if it breaks the format.
    ///
    /// It accepts more than the grammar, because clients send it: a value without quotes may hold anything but blanks,
    /// control characters, `;` and `"`; a backslash escapes `"` and `\` only, as clients send Windows file names
    /// unescaped; and `%22`, `%0D` and `%0A` in quotes decode to `"`, CR and LF (WHATWG HTML, "Multipart form data").
    init?(_ bytes: some Sequence<UInt8>) {
        var reader = HeaderReader(Array(bytes))
        word = reader.text { $0 != UInt8(ascii: ";") && !$0.isBlank }.map(\.lowercased)
        guard !word.isEmpty else { return nil }
        while let separator = reader.nextVisible() {
            guard separator == UInt8(ascii: ";") else { return nil }
            if reader.reachesParameter() {
                guard let parameter = reader.parameter() else { return nil }
                parameters.append(parameter)
            }
        }
    }

    /// The values of a parameter; its name is given in lower case.
    func values(of name: String) -> [[UInt8]] {
        parameters.filter { $0.name.elementsEqual(name.utf8) }.map(\.value)
    }
}
