import Glibc

/// A file of users in a folder of its own.
final class UserFile {
    let folder: String
    var path: String { "\(folder)/users" }

    init(_ content: String, mode: mode_t = 0o600) {
        var template = Array("/tmp/authentication-XXXXXX".utf8CString)
        folder = mkdtemp(&template).map { String(cString: $0) }!
        write(content, mode: mode)
    }

    deinit {
        for name in ["users", "new"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Replaces the file, so that it is another one.
    func write(_ content: String, mode: mode_t = 0o600) {
        let new = "\(folder)/new"
        let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let bytes = Array(content.utf8)
        _ = Glibc.write(file, bytes, bytes.count)
        fchmod(file, mode)
        close(file)
        rename(new, path)
    }

    var content: String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
