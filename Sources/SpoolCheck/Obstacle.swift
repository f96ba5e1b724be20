internal import Glibc
internal import LinuxSystem

/// A path that exists and cannot be read, so that a check does not know its content.
struct Obstacle: Hashable {
    /// The path in the directory that is checked.
    let path: String
    /// The reason in the system's words.
    let reason: String

    /// Nil for an error by which the path is missing, or of another kind than expected, which other findings are about.
    init?(_ path: String, _ error: SystemError) {
        guard !error.isMissing, ![ENOTDIR, ELOOP, EISDIR, ENXIO].contains(error.code) else { return nil }
        self.path = path
        reason = error.reason
    }

    /// The finding of it.
    func finding(in directory: String) -> Finding {
        Finding("\(directory)/\(path)", .error, "it cannot be read: \(reason)", .person("let it be read"))
    }
}
