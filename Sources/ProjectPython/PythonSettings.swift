public import LinuxSystem

/// How Python environments are built.
public struct PythonSettings: Sendable {
    /// The path of uv; nil if there is none, so that no environment is built.
    public var uv: String?
    /// The path of the shim, which ends the processes that a build leaves.
    public var shim: String
    /// Seconds that a build may take.
    public var buildTimeout: Int
    /// Bytes that a build may write.
    public var buildSize: Int64
    /// The paths of the Pythons that projects may choose from; empty for those of the system.
    public var pythons: [String]
    /// The URL of the package index; empty for uv's default.
    public var index: String
    /// Directories or pages with packages, besides the index.
    public var links: [String]
    /// The environment of uv, besides the variables that this module sets, as `NAME=value`.
    public var environment: [String]
    /// The user that jobs run as; nil for this process's.
    public var account: Account?

    /// Settings with nothing left out.
    public init(
        uv: String?, shim: String, buildTimeout: Int, buildSize: Int64, pythons: [String], index: String,
        links: [String],
        environment: [String], account: Account?
    ) {
        self.uv = uv
        self.shim = shim
        self.buildTimeout = buildTimeout
        self.buildSize = buildSize
        self.pythons = pythons
        self.index = index
        self.links = links
        self.environment = environment
        self.account = account
    }

    /// The variables of this server that uv gets: where packages come from.
    public static func isForUV(_ name: some StringProtocol) -> Bool {
        let names = [
            "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_EXCLUDE_NEWER",
            "UV_INDEX_STRATEGY", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST", "UV_KEYRING_PROVIDER",
            "UV_OFFLINE",
        ]
        return names.contains(String(name)) || name.hasPrefix("UV_INDEX_")
    }
}
