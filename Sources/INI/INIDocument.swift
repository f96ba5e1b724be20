/// A configuration file in the syntax of Python's `configparser` (3.11, its default settings, strict).
///
/// Sections, `key = value` and `key: value`; comments are whole lines that begin with `#` or `;`; a line that is
/// indented deeper than its key continues the value; keys are case-insensitive; `[DEFAULT]` provides its keys to all
/// sections; `%(key)s` is replaced by another value and `%%` by a percent sign.
public struct INIDocument: Sendable {
    /// The sections in the order of the file, without `[DEFAULT]`.
    public internal(set) var sections: [INISection] = []
    /// The keys of `[DEFAULT]`.
    public internal(set) var defaults = INISection(name: INIDocument.defaultName, line: 0)

    static let defaultName = "DEFAULT"
    var positions: [String: Int] = [:]

    /// Reads a whole file.
    ///
    /// - Parameter exact: the sections whose keys differ if only their case does.
    /// - Throws: at the first line that is neither a section, a key nor a comment, at a duplicate section or key, and
    ///   at a byte order mark.
    public init(parsing text: String, exact: [String] = []) throws(INIError) {
        var parser = INIParser(exact: exact)
        try parser.parse(text)
        self = parser.finished()
    }

    init() {}

    /// The section of exactly that name, or nil; also nil for `[DEFAULT]`.
    public func section(_ name: String) -> INISection? {
        positions[name].map { sections[$0] }
    }

    /// The value of a key of a section with its references replaced, and the line of the key.
    ///
    /// Looks in the section, then in `[DEFAULT]`; nil when there is no such section, or no such key in both.
    ///
    /// - Throws: at the line of the key, when a reference is misspelt, names a key that does not exist, is nested
    ///   deeper than ``Interpolation/maximumDepth``, or exceeds the limits on references and on the length of the text.
    public func value(section name: String, key: String) throws(INIError) -> (text: String, line: Int)? {
        guard name == INIDocument.defaultName || positions[name] != nil else { return nil }
        guard let entry = entry(section: name, key: key) else { return nil }
        var interpolation = Interpolation(document: self, section: name, line: entry.line)
        return (try interpolation.expand(entry.text), entry.line)
    }

    func entry(section name: String, key: String) -> INIEntry? {
        section(name)?.entry(key) ?? defaults.entry(key)
    }
}
