internal import Glibc
internal import LinuxSystem

/// A Python of this machine from which environments can be made.
struct PythonInterpreter: Sendable {
    /// Its path.
    let path: String
    /// Its version.
    let version: PythonVersion
    /// The properties on which an environment made with it depends: implementation, version, platform and C library.
    let identity: String
    /// Its path without links.
    let realPath: String

    /// The program that describes it, in four lines.
    static let question = """
        import os, platform, sys, sysconfig
        print(".".join(map(str, sys.version_info[:3])))
        print("-".join((sys.implementation.name, platform.python_version(), sysconfig.get_platform(), platform.libc_ver()[0] or "musl")))
        print(os.path.realpath(sys.executable))
        print(sys.prefix == sys.base_prefix)
        """

    /// Reads the answer; nil if it is no Python, or one of a virtual environment.
    init?(path: String, answer: String) {
        let lines = answer.split(whereSeparator: \.isNewline).map(String.init)
        guard lines.count == 4, let version = PythonVersion(lines[0]), lines[3] == "True" else { return nil }
        self.path = path
        self.version = version
        identity = lines[1]
        realPath = lines[2]
    }

    /// The Pythons of the system, newest first: `/usr/bin/python3.12` and the like.
    static func ofSystem() -> [String] {
        var found: [(version: PythonVersion, path: String)] = []
        for place in ["/usr/local/bin", "/usr/bin"] {
            // A place that cannot be read has none.
            guard let directory = try? Directory(path: place) else { continue }
            for name in directory.namesIfAny() where name.hasPrefix("python3.") {
                guard let version = PythonVersion(name.dropFirst("python".count)), access("\(place)/\(name)", X_OK) == 0
                else { continue }
                found.append((version, "\(place)/\(name)"))
            }
        }
        return found.enumerated().sorted { one, other in
            one.element.version == other.element.version
                ? one.offset < other.offset : other.element.version < one.element.version
        }.map(\.element.path)
    }
}
