import Glibc

/// The location of the Scrapy project in an unpacked archive.
public struct ProjectLayout: Hashable, Sendable {
    /// `project` of section `[deploy]` of its `scrapy.cfg`.
    public let name: String
    /// The directory in which `scrapy list` and `scrapy crawl` run: a name at the archive's top, or `.` for the top
    /// itself.
    public let directory: String
    /// The other projects in the archive, which are ignored.
    public let others: [Other]

    /// Searches a directory that ``ArchiveExtractor`` filled.
    ///
    /// `scrapy.cfg` is a regular file at the top, or in a directory at the top that is not hidden. Links are not
    /// followed. Of several, one in a directory with the project's name is preferred, as in scrapy-do; then the one at
    /// the top (an archive made inside of the project); then the first by name, whatever its directory is called (a
    /// forge's `repo-main/`, an sdist's `name-1.0/`).
    ///
    /// An egg or a wheel without a `scrapy.cfg` gets one.
    public init(in root: Int32) throws(ProjectLayoutError) {
        var found: [(project: String, directory: String)] = []
        // The error of the first scrapy.cfg, if that one is unusable.
        var mistake: ProjectLayoutError?
        for directory in [ProjectLayout.top] + (try ProjectLayout.visibleNames(in: root)) {
            guard let bytes = try ProjectLayout.configuration(of: directory, in: root) else { continue }
            do throws(ProjectLayoutError) {
                let configuration = try ScrapyConfiguration(parsing: bytes, path: ProjectLayout.path(in: directory))
                found.append((configuration.project, directory))
            } catch {
                if found.isEmpty, mistake == nil { mistake = error }
            }
        }
        let named = found.firstIndex { $0.project == $0.directory }
        if named == nil, let mistake { throw mistake }
        guard let chosen = named ?? found.indices.first else {
            if let egg = try ProjectLayout.egg(in: root) {
                try egg.complete(in: root, project: egg.project)
                (name, directory, others) = (egg.project, ProjectLayout.top, [])
                return
            }
            if let kind = try ProjectLayout.kindOfBuild(in: root) { throw .built(kind) }
            throw .noProject
        }
        (name, directory) = found.remove(at: chosen)
        others = found.map { Other(name: $0.project, path: ProjectLayout.path(in: $0.directory)) }
    }

    /// An egg or a wheel with the settings of a project; nil for one without.
    private static func egg(in root: Int32) throws(ProjectLayoutError) -> Egg? {
        do throws(ProjectLayoutError) {
            return try Egg(in: root, names: visibleNames(in: root))
        } catch {
            guard error == .noSettings else { throw error }
            return nil
        }
    }

    private init(name: String, directory: String) {
        (self.name, self.directory, others) = (name, directory, [])
    }

    /// Searches such a directory for a project that its sender names: an egg, a wheel, or else a directory with a
    /// `scrapy.cfg`, which need not name it.
    public init(in root: Int32, of project: String) throws(ProjectLayoutError) {
        let names = try ProjectLayout.visibleNames(in: root)
        if let egg = try Egg(in: root, names: names) {
            try egg.complete(in: root, project: project)
            self.init(name: project, directory: ProjectLayout.top)
            return
        }
        for name in [ProjectLayout.top] + names where try ProjectLayout.configuration(of: name, in: root) != nil {
            self.init(name: project, directory: name)
            return
        }
        throw .noProject
    }

    /// Another project in the archive.
    public struct Other: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// The path of its `scrapy.cfg`, relative to the archive's root.
        public let path: String
    }

    /// The kind of a built distribution, by its metadata directory at the top or one directory deep; nil if there is
    /// none.
    ///
    /// Eggs, as scrapyd-deploy makes them, have `EGG-INFO` (setuptools, "The Internal Structure of Python Eggs");
    /// wheels have `NAME-VERSION.dist-info` (PEP 427).
    private static func kindOfBuild(in root: Int32) throws(ProjectLayoutError) -> String? {
        let names = try visibleNames(in: root)
        for name in names {
            if name == "EGG-INFO" { return "an egg" }
            if name.hasSuffix(".dist-info") { return "a wheel" }
        }
        for name in names {
            guard let directory = try Directory(name, in: root) else { continue }
            switch try Directory("EGG-INFO", in: directory.descriptor) {
            case .some: return "an egg"
            case .none: continue
            }
        }
        return nil
    }

    /// The path of a directory's `scrapy.cfg`.
    private static func path(in directory: String) -> String {
        directory == ProjectLayout.top ? "scrapy.cfg" : "\(directory)/scrapy.cfg"
    }

    /// The name of the archive's top as a directory.
    private static let top = "."

    /// The first ``ScrapyConfiguration/maximumBytes`` + 1 bytes of a directory's `scrapy.cfg`; nil when there is none.
    private static func configuration(of name: String, in root: Int32) throws(ProjectLayoutError) -> [UInt8]? {
        guard let directory = try Directory(name, in: root) else { return nil }
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = openat(directory.descriptor, "scrapy.cfg", flags)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ELOOP { return nil }
            throw .storage(errno)
        }
        defer { close(descriptor) }
        do throws(ArchiveError) {
            return try ArchiveFile(descriptor).bytes(at: 0, count: ScrapyConfiguration.maximumBytes + 1)
        } catch {
            // ESPIPE: the name belongs to a directory, a FIFO or the like.
            if case .input(let code) = error, code != ESPIPE { throw .storage(code) }
            return nil
        }
    }

    /// The names of a directory that do not begin with a dot, sorted by their bytes.
    private static func visibleNames(in root: Int32) throws(ProjectLayoutError) -> [String] {
        // An own descriptor, because reading moves its offset and closedir(3) closes it.
        let copy = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw .storage(errno) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw .storage(errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            // The name is read in place: a dirent is shorter than its declared type, so that copying one would read too
            // far.
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let bytes = UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
            if let name = String(validating: bytes, as: UTF8.self), !name.utf8.starts(with: ".".utf8) {
                names.append(name)
            }
            errno = 0
        }
        guard errno == 0 else { throw .storage(errno) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// An open directory, closed by deinit.
private struct Directory: ~Copyable {
    let descriptor: Int32

    /// Nil when the name does not exist or does not belong to a directory.
    init?(_ name: String, in parent: Int32) throws(ProjectLayoutError) {
        let opened = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else {
            guard errno == ENOENT || errno == ENOTDIR || errno == ELOOP else { throw .storage(errno) }
            return nil
        }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }
}
