import Glibc

/// A fresh folder of a test.
final class TemporaryFolder {
    /// Its absolute path, without links in it.
    let path: String

    init() {
        var template = Array("/tmp/spool-client-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) }!
    }

    deinit {
        run("/bin/rm", "-rf", path)
    }

    /// Writes a file that everybody may read, and makes the directories above it.
    func write(_ text: String, to name: String, permissions: mode_t = 0o644) {
        for (index, character) in name.enumerated() where character == "/" {
            mkdir("\(path)/\(name.prefix(index))", 0o755)
        }
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions)
        defer { close(file) }
        fchmod(file, permissions)
        let bytes = Array(text.utf8)
        _ = Glibc.write(file, bytes, bytes.count)
    }
}

/// Runs a program and gives its exit status, or -1.
@discardableResult
func run(_ program: String, _ arguments: String...) -> Int32 {
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var process: pid_t = 0
    guard posix_spawn(&process, program, nil, nil, &words, &variables) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7f == 0 ? status >> 8 & 0xff : -1
}

/// An environment in which git knows of no settings of the user.
let environment = [
    "PATH=/usr/bin:/bin", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=/tmp",
]
