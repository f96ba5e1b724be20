import Glibc
import ProjectArchive

/// Whatever an archive holds: nothing appears outside the directory, no more in it than the limits allow, and no
/// descriptor stays open.
enum ArchiveProperty {
    private static let limits: ArchiveLimits = {
        var limits = ArchiveLimits()
        (limits.entries, limits.links, limits.depth, limits.pathBytes) = (50, 5, 8, 200)
        (limits.bytes, limits.fileBytes, limits.ratioFloor) = (65_536, 32_768, 16_384)
        limits.duration = .seconds(10)
        return limits
    }()

    static func flaw(_ input: [UInt8]) -> String? {
        var template = Array("/dev/shm/scrapy-spool-fuzz-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { return "no temporary directory: errno \(errno)" }
        let box = String(cString: made)
        defer { remove(box) }
        mkdir("\(box)/root", 0o700)
        guard write(input, to: "\(box)/archive") else { return "no temporary file: errno \(errno)" }
        let (archive, root) = (open("\(box)/archive", O_RDONLY), open("\(box)/root", O_RDONLY | O_DIRECTORY))
        defer {
            close(archive)
            close(root)
        }
        #if FUZZING  // Among the tests, others of the process open files as well.
            let free = lowestFreeDescriptor
        #endif
        let summary = try? ArchiveExtractor(limits: limits).extract(archive: archive, into: root)
        if summary != nil { _ = try? ProjectLayout(in: root) }
        #if FUZZING
            guard lowestFreeDescriptor == free else { return "a descriptor is left open" }
        #endif
        guard names(in: box) == ["archive", "root"] else { return "there is more beside the directory" }
        var found = Found(root: "\(box)/root")
        if let flaw = found.look(through: found.root, below: 0) { return flaw }
        if found.entries > limits.entries || found.bytes > limits.bytes { return "too much: \(found)" }
        guard let summary else { return nil }
        let isSame =
            summary.files + summary.directories + summary.links == found.entries && summary.bytes == found.bytes
        return isSame ? nil : "\(summary), but \(found)"
    }

    /// What is in the directory.
    private struct Found {
        let root: String
        var entries = 0
        var bytes: Int64 = 0

        mutating func look(through directory: String, below depth: Int) -> String? {
            guard depth < limits.depth || names(in: directory).isEmpty else { return "too deep: \(directory)" }
            for name in names(in: directory) {
                let path = "\(directory)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0 else { return "\(path): errno \(errno)" }
                entries += 1
                switch (status.st_mode & S_IFMT, status.st_mode & 0o7777) {
                case (S_IFDIR, 0o755):
                    if let flaw = look(through: path, below: depth + 1) { return flaw }
                case (S_IFREG, 0o644), (S_IFREG, 0o755):
                    bytes += Int64(status.st_size)
                    guard status.st_size <= limits.fileBytes, status.st_nlink == 1 else { return "\(path) is wrong" }
                case (S_IFLNK, _):
                    if let flaw = flaw(ofLink: path) { return flaw }
                case (let kind, let mode):
                    return "\(path) has kind \(kind) and mode \(mode)"
                }
            }
            return nil
        }

        private func flaw(ofLink path: String) -> String? {
            guard let target = realpath(path, nil) else { return nil }
            defer { free(target) }
            let place = String(cString: target)
            return "\(place)/".hasPrefix("\(root)/") ? nil : "\(path) leads to \(place)"
        }
    }

    private static var lowestFreeDescriptor: Int32 {
        let descriptor = open("/dev/null", O_RDONLY)
        close(descriptor)
        return descriptor
    }

    private static func write(_ bytes: [UInt8], to path: String) -> Bool {
        guard let file = fopen(path, "we") else { return false }
        defer { fclose(file) }
        return fwrite(bytes, 1, bytes.count, file) == bytes.count
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            names.append(String(cString: start.assumingMemoryBound(to: CChar.self)))
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let inner = "\(path)/\(name)"
            var status = stat()
            if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { remove(inner) } else { unlink(inner) }
        }
        rmdir(path)
    }
}
