import Forms

/// A multipart body reads the same in chunks of any size. A boundary other than `bound` may stand in a first line.
enum MultipartProperty {
    static func flaw(_ input: [UInt8]) -> String? {
        if let flaw = FormReading.flaw(input, contentType: "multipart/form-data; boundary=bound") { return flaw }
        let type = String(decoding: input.prefix { $0 != 0x0A }, as: UTF8.self)
        guard MultipartParser.boundary(fromContentType: type) != nil else { return nil }
        return FormReading.flaw(Array(input.dropFirst(type.utf8.count + 1)), contentType: type)
    }
}
