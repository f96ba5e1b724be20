internal import Glibc
internal import INI
internal import LinuxSystem
internal import ProjectArchive

/// The directory of a Scrapy project: the one that holds `scrapy.cfg`.
public struct ProjectFolder: Hashable, Sendable {
    /// Its path.
    public let path: String
    /// `project` of section `[deploy]` of its `scrapy.cfg`.
    public let name: String
    /// `glob` of that section, which scrapy-do's client reads: the patterns of the files to push; nil when there is
    /// none.
    let patterns: [String]?

    private static let file = "scrapy.cfg"

    /// Finds the project of a directory: in it, or in the nearest directory above it.
    ///
    /// - Parameter path: an absolute path.
    public init(at path: String) throws(PackingError) {
        var folder = path[...]
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        while true {
            if let bytes = try ProjectFolder.content(of: "\(folder)/\(ProjectFolder.file)") {
                try self.init(path: folder.isEmpty ? "/" : String(folder), configuration: bytes)
                return
            }
            guard let slash = folder.lastIndex(of: "/"), !folder.isEmpty else { break }
            folder = folder[..<slash]
        }
        throw PackingError("there is no scrapy.cfg in \(path), nor in a directory above it: no Scrapy project is here")
    }

    private init(path: String, configuration bytes: [UInt8]) throws(PackingError) {
        let file = "\(path)/\(ProjectFolder.file)"
        do throws(ProjectLayoutError) {
            let configuration = try ScrapyConfiguration(parsing: bytes, path: file)
            name = configuration.project
        } catch {
            throw PackingError(error.description)
        }
        patterns = try ProjectFolder.patterns(in: bytes, of: path)
        self.path = path
    }

    /// Nil when there is no such file.
    private static func content(of path: String) throws(PackingError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try Descriptor(reading: path)
            guard try file.information().kind == .file else { return nil }
            return try file.readStream(limit: ScrapyConfiguration.maximumBytes + 1)
        } catch {
            if error.isMissing || error.code == ENOTDIR { return nil }
            throw PackingError("\(path): \(error.reason)")
        }
    }
}

extension ProjectFolder {
    /// The patterns of a `scrapy.cfg` that was parsed without an error. Throws if they cannot be expanded: without them
    /// files would be pushed that were not meant.
    private static func patterns(in bytes: [UInt8], of path: String) throws(PackingError) -> [String]? {
        // Does not throw, since the file was parsed before.
        guard let text = String(validating: bytes, as: UTF8.self), let document = try? INIDocument(parsing: text) else {
            return nil
        }
        let value: (text: String, line: Int)?
        do throws(INIError) {
            value = try document.value(section: "deploy", key: "glob")
        } catch {
            throw PackingError("\(path)/scrapy.cfg: `glob` in [deploy] cannot be used: \(error)")
        }
        guard let value else { return nil }
        let patterns = value.text.split(whereSeparator: \.isWhitespace).map(String.init)
        return patterns.isEmpty ? nil : patterns
    }
}
