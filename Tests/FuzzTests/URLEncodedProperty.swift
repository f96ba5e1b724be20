import Forms

/// An urlencoded body reads the same in chunks of any size, and as a query string.
enum URLEncodedProperty {
    static func flaw(_ input: [UInt8]) -> String? {
        let type = "application/x-www-form-urlencoded"
        if let flaw = FormReading.flaw(input, contentType: type) { return flaw }
        let whole = FormReading(input, contentType: type, cuts: [])
        guard whole.error == nil, let field = whole.fields.first,
            let name = String(validating: field.name, as: UTF8.self), let fields = try? FormFields.parse(query: input)
        else { return nil }
        return fields.first(name) == field.value ? nil : "the query string lacks \(name)"
    }
}
