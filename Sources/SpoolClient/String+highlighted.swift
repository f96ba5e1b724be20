extension String {
    /// The text with each place of another one between two texts.
    ///
    /// - Parameters:
    ///   - ignoringCase: whether A to Z are a to z.
    ///   - marks: the texts to put before and after each place.
    public func highlighted(_ wanted: String, ignoringCase: Bool, by marks: (before: String, after: String)) -> String {
        func folded(_ text: String) -> [UInt8] {
            ignoringCase ? text.utf8.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 } : Array(text.utf8)
        }
        let (text, wanted) = (folded(self), folded(wanted))
        guard !wanted.isEmpty else { return self }
        let original = Array(utf8)
        var (result, done, index): ([UInt8], Int, Int) = ([], 0, 0)
        while index + wanted.count <= text.count {
            guard text[index] == wanted[0], text[index..<(index + wanted.count)].elementsEqual(wanted) else {
                index += 1
                continue
            }
            result += original[done..<index] + Array(marks.before.utf8)
            (done, index) = (index, index + wanted.count)
            result += original[done..<index] + Array(marks.after.utf8)
            done = index
        }
        return String(decoding: result + original[done...], as: UTF8.self)
    }
}
