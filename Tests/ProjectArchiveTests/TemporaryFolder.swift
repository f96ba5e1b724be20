import Glibc
import ProjectArchive

/// A fresh folder with `root/`, into which archives are unpacked, and `outside/`, which nothing may change.
final class TemporaryFolder {
    let path: String
    let root: Int32

    init() {
        var template = Array("/tmp/project-archive-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) }!
        mkdir("\(path)/root", 0o755)
        mkdir("\(path)/outside", 0o755)
        root = Glibc.open("\(path)/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        write(Array("untouched".utf8), to: "outside/sentinel")
    }

    deinit {
        close(root)
        run("/bin/rm", "-rf", path)
    }

    /// Writes a file below the folder.
    func write(_ bytes: [UInt8], to name: String) {
        let file = Glibc.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        defer { close(file) }
        var done = 0
        while done < bytes.count {
            done += bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        }
    }

    /// The bytes of a file below the folder.
    func read(_ name: String) -> [UInt8] {
        let file = Glibc.open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// Unpacks bytes into `root/`.
    func extract(_ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws(ArchiveError) -> ArchiveSummary {
        write(bytes, to: "archive")
        return try extractFile("archive", limits: limits)
    }

    /// Unpacks a file below the folder into `root/`.
    func extractFile(_ name: String, limits: ArchiveLimits = ArchiveLimits()) throws(ArchiveError) -> ArchiveSummary {
        let file = Glibc.open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        return try ArchiveExtractor(limits: limits).extract(archive: file, into: root)
    }

    /// What is in a directory below the folder: `kind mode contents` by path.
    func tree(_ name: String = "root") -> [String: String] {
        var result: [String: String] = [:]
        list(name, below: "", into: &result)
        return result
    }

    private func list(_ directory: String, below prefix: String, into result: inout [String: String]) {
        guard let stream = opendir("\(path)/\(directory)") else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let name = String(cString: start.assumingMemoryBound(to: CChar.self))
            if name == "." || name == ".." { continue }
            var status = stat()
            lstat("\(path)/\(directory)/\(name)", &status)
            let mode = String(status.st_mode & 0o7777, radix: 8)
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                result[prefix + name] = "directory \(mode)"
                list("\(directory)/\(name)", below: "\(prefix)\(name)/", into: &result)
            case S_IFLNK:
                var target = [CChar](repeating: 0, count: 2_000)
                let count = readlink("\(path)/\(directory)/\(name)", &target, target.count)
                result[prefix + name] =
                    "link "
                    + String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            case S_IFREG:
                let bytes = read("\(directory)/\(name)")
                let text = bytes.count > 100 ? "\(bytes.count) bytes" : String(decoding: bytes, as: UTF8.self)
                result[prefix + name] = "file \(mode) \(text)"
            default: result[prefix + name] = "something else"
            }
        }
    }
}

/// Runs a program and gives its exit code, or -1.
@discardableResult
func run(_ program: String, _ arguments: String..., environment: [String] = ["PATH=/usr/bin:/bin"]) -> Int32 {
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var process: pid_t = 0
    guard posix_spawn(&process, program, nil, nil, &words, &variables) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7f == 0 ? status >> 8 & 0xff : -1
}
