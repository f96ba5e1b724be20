import INI

/// The values that are read from a `scrapy.cfg`.
public struct ScrapyConfiguration: Hashable, Sendable {
    /// The maximum length of the file in bytes.
    public static let maximumBytes = 65_536

    /// `project` of section `[deploy]`.
    public let project: String

    /// Parses the file.
    ///
    /// - Parameter path: The file's name in errors.
    public init(parsing bytes: some Collection<UInt8>, path: String) throws(ProjectLayoutError) {
        guard bytes.count <= ScrapyConfiguration.maximumBytes else {
            let message = "it is longer than \(ScrapyConfiguration.maximumBytes) bytes"
            throw .configuration(path: path, line: nil, message: message)
        }
        let isWide = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
        guard !isWide, let text = String(validating: bytes, as: UTF8.self) else {
            let message = "it is \(isWide ? "UTF-16" : "not UTF-8"); save it as UTF-8 without a byte order mark"
            throw .configuration(path: path, line: nil, message: message)
        }
        let name: String?
        do throws(INIError) {
            name = try INIDocument(parsing: text).value(section: "deploy", key: "project")?.text
        } catch {
            let message = String(quoted(error.message).dropFirst().dropLast())
            throw .configuration(path: path, line: error.line, message: message)
        }
        guard let name else { throw .noName(path: path) }
        guard ScrapyConfiguration.isName(name) else { throw .badName(name) }
        project = name
    }

    /// Whether a name can be the name of a directory and of a project.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
        return name.utf8.count <= 255 && !name.utf8.contains(UInt8(ascii: "/"))
            && !name.unicodeScalars.contains(where: isControl)
    }
}
