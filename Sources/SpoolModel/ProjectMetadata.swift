/// The metadata of a project: the content of `projects/<name>/metadata.json`.
public struct ProjectMetadata: Hashable, Sendable {
    /// The newest layout that this program knows.
    public static let format = 1

    /// The project's name.
    public let name: ProjectName
    /// The version that new runs use: the name of a directory under `versions/`.
    public var version: Int {
        didSet { if version != oldValue { previous = oldValue } }
    }
    /// The version that was current before this one; nil if not known.
    public private(set) var previous: Int?
    /// The directory of the project's code in which `scrapy` runs: a name at the top level, or `.` for the top itself.
    public var directory: String
    /// The spiders of that version, sorted.
    public var spiders: [SpiderName]
    /// When the project was pushed for the first time.
    public var created: Timestamp
    /// When its current version was pushed.
    public var updated: Timestamp
    /// The requester of that push (``Requester``); nil if not known.
    public var by: String?
    /// The number of the newest version whose push came to its end; nil if none has a name. A version with a higher one was left
    /// by a push that was interrupted.
    public var newest: Int?
    /// All members of the file, including those that this program does not know.
    private var document: JSON = .object([])

    /// The metadata of a project's first push.
    public init(
        name: ProjectName, version: Int, directory: String, spiders: [SpiderName], created: Timestamp,
        updated: Timestamp
    ) {
        self.name = name
        self.version = version
        self.directory = directory
        self.spiders = spiders
        self.created = created
        self.updated = updated
    }

    /// Parses the file's content; nil if a required member is missing, has the wrong type, or is not a valid name.
    public init?(parsing bytes: [UInt8]) {
        guard let document = JSON(ifValid: bytes),
            let name = document["name"]?.text.flatMap(ProjectName.init),
            let version = document["version"]?.integer, VersionNumber(version) != nil,
            let directory = document["directory"]?.text, ProjectMetadata.isDirectory(directory),
            let elements = document["spiders"]?.elements,
            let created = document["created"]?.text.flatMap({ Timestamp(rfc3339: $0) }),
            let updated = document["updated"]?.text.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        let spiders = elements.compactMap { $0.text.flatMap(SpiderName.init) }
        guard spiders.count == elements.count else { return nil }
        self.init(
            name: name, version: version, directory: directory, spiders: spiders, created: created, updated: updated)
        by = document["by"]?.text
        previous = document["previous"]?.integer
        newest = document["newest"]?.integer
        self.document = document
    }

    /// Whether a text is a valid ``directory``.
    public static func isDirectory(_ text: String) -> Bool { text == "." || ProjectName(text) != nil }

    /// The layout's number in the file; nil if it is missing, and for metadata that was not read from a file.
    public var writtenFormat: Int? { document["format"]?.integer }

    /// The content of `projects/<name>/status`, for people and scripts: one line with its line feed.
    public var statusLine: String {
        let by = by.map { " by=\(escaped($0))" } ?? ""
        return "READY at=\(updated.rfc3339) version=\(version) spiders=\(spiders.count)\(by)\n"
    }

    /// The file's content.
    public var file: [UInt8] {
        var document = document
        document["format"] = document["format"] ?? .number(ProjectMetadata.format)
        document["name"] = .string(name.description)
        document["version"] = .number(version)
        document["previous"] = previous.map { .number($0) }
        document["newest"] = newest.map { .number($0) }
        document["directory"] = .string(directory)
        document["spiders"] = .array(spiders.map { .string($0.description) })
        document["created"] = .string(created.rfc3339)
        document["updated"] = .string(updated.rfc3339)
        document["by"] = by.map { .string($0) }
        return document.file
    }
}

/// The metadata of one version of a project: the content of `versions/<n>/metadata.json`.
public struct VersionMetadata: Hashable, Sendable {
    /// The version: the name of its directory.
    public let version: Int
    /// The archive's SHA-256 digest, 64 hexadecimal digits; empty if it is not known any more.
    public let sha256: String
    /// The archive's length in bytes.
    public let size: Int64
    /// The directory of its code in which `scrapy` runs; nil in files of older servers, or if it is not valid.
    public let directory: String?
    /// The spiders that `scrapy list` printed, sorted.
    public let spiders: [SpiderName]
    /// When it was pushed.
    public let created: Timestamp
    /// The requester of the push (``Requester``); nil if not known.
    public let by: String?
    /// The name that a client of scrapyd gave it; nil for other pushes.
    public let name: VersionName?
    /// Whether a client of scrapyd has deleted it: jobs that run go on, and no job can name it.
    public var isRemoved = false

    /// The Python environment that it runs in; nil for the server's Scrapy.
    public let environment: EnvironmentFacts?

    /// The metadata of a push.
    public init(
        version: Int, sha256: String, size: Int64, directory: String?, spiders: [SpiderName], created: Timestamp,
        by: String? = nil, name: VersionName? = nil, environment: EnvironmentFacts? = nil
    ) {
        self.by = by
        self.name = name
        self.environment = environment
        self.version = version
        self.directory = directory
        self.sha256 = sha256
        self.size = size
        self.spiders = spiders
        self.created = created
    }

    /// Parses the file's content; nil if a required member is missing, has the wrong type, or is not a valid name.
    public init?(parsing bytes: [UInt8]) {
        guard let document = JSON(ifValid: bytes),
            let version = document["version"]?.integer, VersionNumber(version) != nil,
            let sha256 = document["sha256"]?.text,
            let size = document["size"]?.integer, size >= 0,
            let elements = document["spiders"]?.elements,
            let created = document["created"]?.text.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        let spiders = elements.compactMap { $0.text.flatMap(SpiderName.init) }
        guard spiders.count == elements.count else { return nil }
        let directory = document["directory"]?.text
        self.init(
            version: version, sha256: sha256, size: Int64(size),
            directory: directory.flatMap { ProjectMetadata.isDirectory($0) ? $0 : nil }, spiders: spiders,
            created: created, by: document["by"]?.text, name: document["name"]?.text.flatMap { VersionName($0) },
            environment: document["environment"].flatMap(EnvironmentFacts.init))
        isRemoved = document["removed"] == .bool(true)
    }

    /// The name by which clients of scrapyd know it.
    public var clientName: VersionName? { name ?? VersionNumber(version).map { VersionName(of: $0) } }

    /// The file's content.
    public var file: [UInt8] {
        JSON.object(
            [
                JSON.Member("format", .number(1)),
                JSON.Member("version", .number(version)),
                JSON.Member("sha256", .string(sha256)),
                JSON.Member("size", .number(size)),
            ] + (directory.map { [JSON.Member("directory", .string($0))] } ?? []) + [
                JSON.Member("spiders", .array(spiders.map { .string($0.description) })),
                JSON.Member("created", .string(created.rfc3339)),
            ] + (by.map { [JSON.Member("by", .string($0))] } ?? [])
                + (name.map { [JSON.Member("name", .string($0.description))] } ?? [])
                + (isRemoved ? [JSON.Member("removed", .bool(true))] : [])
                + (environment.map { [JSON.Member("environment", $0.json)] } ?? [])
        ).file
    }
}
