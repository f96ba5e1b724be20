/// An option of a job that cannot be used.
public struct OptionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The option's name, as the API gives it.
    public let name: String
    /// The given text; empty where there is none to show. A long one is not shown.
    public let text: String
    /// The possible values.
    public let expected: String
    /// Whether the option's own name is wrong, and not its text.
    public let isAboutName: Bool

    /// An error about an option.
    public init(name: String, text: String, expected: String, isAboutName: Bool = false) {
        self.name = name
        self.text = text
        self.expected = expected
        self.isAboutName = isAboutName
    }

    /// The message: the error and the possible values.
    public var description: String {
        if isAboutName { return "`\(name)` has to be \(expected)" }
        let shown = text.isEmpty || text.utf8.count > 200 ? "" : ", and is \"\(text)\""
        return "`\(name)` has to be \(expected)\(shown)"
    }
}
