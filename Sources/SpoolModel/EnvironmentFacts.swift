/// The known facts about the Python environment of a version of a project: a part of `versions/<n>/metadata.json`, and
/// the content of `environments/<key>/metadata.json`.
public struct EnvironmentFacts: Hashable, Sendable {
    /// The name of the environment in `environments/`.
    public let key: EnvironmentKey
    /// The version of its Python: `3.11.2`.
    public let python: String
    /// The path of the Python that it was made with.
    public let base: String
    /// The version of its Scrapy.
    public let scrapy: String
    /// The number of its packages.
    public let packages: Int
    /// The path in the project of the file that names the packages.
    public let input: String
    /// The name of the file with the lock, beside `metadata.json`: `requirements.lock` or `pylock.toml`.
    public let lock: String

    /// Facts with nothing left out.
    public init(
        key: EnvironmentKey, python: String, base: String, scrapy: String, packages: Int, input: String, lock: String
    ) {
        self.key = key
        self.python = python
        self.base = base
        self.scrapy = scrapy
        self.packages = packages
        self.input = input
        self.lock = lock
    }

    /// The names that a lock may have.
    public static let locks = ["requirements.lock", "pylock.toml"]

    /// Reads the facts; nil if a member is missing or has the wrong type.
    public init?(_ json: JSON) {
        guard let key = json["key"]?.text.flatMap({ EnvironmentKey($0) }), let python = json["python"]?.text,
            let base = json["base"]?.text, let scrapy = json["scrapy"]?.text,
            let packages = json["packages"]?.integer, let input = json["input"]?.text,
            let lock = json["lock"]?.text, EnvironmentFacts.locks.contains(lock)
        else { return nil }
        self.init(
            key: key, python: python, base: base, scrapy: scrapy, packages: packages, input: input, lock: lock)
    }

    /// The facts as JSON.
    public var json: JSON {
        .object([
            JSON.Member("key", .string(key.description)), JSON.Member("python", .string(python)),
            JSON.Member("base", .string(base)), JSON.Member("scrapy", .string(scrapy)),
            JSON.Member("packages", .number(packages)), JSON.Member("input", .string(input)),
            JSON.Member("lock", .string(lock)),
        ])
    }
}
