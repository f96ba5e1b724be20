internal import Crypto
internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// One build of an environment: a lock from the project's files, and the environment from the lock.
struct EnvironmentBuild {
    /// Opens the code: it may be opened several times.
    typealias Code = @Sendable () throws(SystemError) -> VersionCode

    let builder: EnvironmentBuilder
    let settings: PythonSettings
    let python: PythonInterpreter
    let code: Code
    /// The SHA-256 digest of the project's archive.
    let archive: String
    let token: JobID
    /// When it has to be over, by the steady clock.
    let deadline: Int64
    /// When it began, by the wall clock.
    let began = SystemClock.wall()

    var spool: Spool { builder.spool }

    init(
        by builder: EnvironmentBuilder, _ settings: PythonSettings, python: PythonInterpreter, code: @escaping Code,
        archive: String, token: JobID
    ) {
        self.builder = builder
        self.settings = settings
        self.python = python
        self.code = code
        self.archive = archive
        self.token = token
        deadline = SystemClock.monotonic() + Int64(settings.buildTimeout) * 1_000_000
    }

    /// What is installed, and from where.
    struct Lock {
        /// Its name beside the version's metadata.
        var name = "requirements.lock"
        var text: String
        /// The requirements that it was made from, which may say where packages come from; nil for none.
        var source: Requirements?
        /// Whether packages of the project itself are among them.
        var hasLocalPackages = false
        var warnings: [String] = []
    }

    // MARK: From the project's files

    /// Makes the environment of a project, or finds one with the same lock.
    ///
    /// - Parameter began: when the push began to need it, by the steady clock.
    func make(from file: PackageFile, since began: Int64) throws(EnvironmentFailure) -> EnvironmentBuilder.Made {
        if let lock = try readyLock(file) {
            let key = key(of: lock)
            if let facts = known(key) { return made(facts, lock, file, isShared: true, began) }
            let place = try BuildPlace.make(for: self, excludedAfter: file.excludedAfter)
            defer { place.remove() }
            if file.kind == .pylock, lock.hasLocalPackages { try place.checkPaths(of: file) }
            return try make(lock, file, in: place, began)
        }
        let place = try BuildPlace.make(for: self, excludedAfter: file.excludedAfter)
        defer { place.remove() }
        let lock = try newLock(file, in: place)
        return try make(lock, file, in: place, began)
    }

    private func make(
        _ lock: Lock, _ file: PackageFile, in place: borrowing BuildPlace, _ began: Int64
    ) throws(EnvironmentFailure) -> EnvironmentBuilder.Made {
        let key = key(of: lock)
        if let facts = known(key) { return made(facts, lock, file, isShared: true, began) }
        let turn = try awaitTurn()
        defer { withExtendedLifetime(turn) {} }
        // Another push may have made it meanwhile.
        if let facts = known(key) { return made(facts, lock, file, isShared: true, began) }
        let found = try place.install(lock, for: file.path)
        let facts = EnvironmentFacts(
            key: key, python: python.version.description, base: python.path, scrapy: found.scrapy,
            packages: found.packages, input: file.path, lock: lock.name)
        try place.publish(facts, lock)
        return made(facts, lock, file, isShared: false, began)
    }

    private func known(_ key: EnvironmentKey) -> EnvironmentFacts? {
        guard let facts = spool.environmentFacts(key), spool.useEnvironment(key) else { return nil }
        return facts
    }

    private func made(
        _ facts: EnvironmentFacts, _ lock: Lock, _ file: PackageFile, isShared: Bool, _ began: Int64
    ) -> EnvironmentBuilder.Made {
        // Another project may have made it from another file.
        let own = EnvironmentFacts(
            key: facts.key, python: facts.python, base: facts.base, scrapy: facts.scrapy, packages: facts.packages,
            input: file.path, lock: lock.name)
        return EnvironmentBuilder.Made(
            facts: own, lock: Array(lock.text.utf8), isShared: isShared,
            milliseconds: (SystemClock.monotonic() - began) / 1000, warnings: lock.warnings)
    }

    /// The key of an environment: from its lock, its Python, and the sources of packages that the project itself names.
    /// A lock has no hashes of the packages that a source distribution is built with, which come from there as well.
    private func key(of lock: Lock) -> EnvironmentKey {
        var hash = SHA256()
        hash.update(data: Array("1\n\(lock.text)\n\(python.identity)\n\(python.realPath)\n".utf8))
        if lock.hasLocalPackages { hash.update(data: Array(archive.utf8)) }
        let sources = [lock.source?.index ?? ""] + (lock.source?.extraIndexes ?? []) + (lock.source?.links ?? [])
        for source in sources where !source.isEmpty { hash.update(data: Array("from \(source)\n".utf8)) }
        let digits = String(hash.finalize().hexadecimal.prefix(32))
        guard let key = EnvironmentKey(digits) else { preconditionFailure("a digest is hexadecimal digits") }
        return key
    }

    /// Takes the lock that a build holds. Throws if the time is over, or the server stops.
    func awaitTurn() throws(EnvironmentFailure) -> Descriptor {
        do throws(SpoolError) {
            let stock = try spool.environmentStock()
            let lock = try doing { () throws(SystemError) in
                try stock.file(Spool.environmentLock, O_RDWR | O_CREAT)
            }
            while try !doing({ () throws(SystemError) in try lock.tryLock() }) {
                guard builder.note(nil) else {
                    throw SpoolError(.busy, "The server stops; push again when it is back")
                }
                guard SystemClock.monotonic() < deadline else {
                    throw SpoolError(
                        .busy,
                        "Other Python environments are being built, and this one had no turn within "
                            + "\(settings.buildTimeout) s: try again in a while")
                }
                // Rare: only while another build is under way.
                usleep(50_000)
            }
            return lock
        } catch {
            throw EnvironmentFailure(.install, error.code == .full ? .full : .passing, error.description)
        }
    }

    private func doing<Result: ~Copyable>(
        _ body: () throws(SystemError) -> Result
    ) throws(SpoolError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw SpoolError(error, while: "build the Python environment")
        }
    }

    // MARK: From a version's lock

    /// Makes an environment again.
    func makeAgain(
        _ facts: EnvironmentFacts, _ text: [UInt8], _ file: PackageFile?
    ) throws(EnvironmentFailure) {
        var lock = Lock(name: facts.lock, text: String(decoding: text, as: UTF8.self))
        if let file { lock.source = try source(of: file, lock.text) }
        let turn = try awaitTurn()
        defer { withExtendedLifetime(turn) {} }
        guard !spool.contains(facts.key) else { return }
        let place = try BuildPlace.make(for: self, excludedAfter: file?.excludedAfter)
        defer { place.remove() }
        let found = try place.install(lock, for: facts.lock)
        let new = EnvironmentFacts(
            key: facts.key, python: python.version.description, base: python.path, scrapy: found.scrapy,
            packages: found.packages, input: facts.input, lock: facts.lock)
        try place.publish(new, lock)
    }
}

// MARK: Where packages come from

extension EnvironmentBuild {
    /// Where the packages of a lock come from that was made of a file of the project.
    private func source(of file: PackageFile, _ lock: String) throws(EnvironmentFailure) -> Requirements? {
        guard file.kind != .requirements else { return try check(file.path, file.content) }
        let addresses = LockIndexes.addresses(in: file)
        guard !addresses.isEmpty else { return nil }
        var requirements = try Requirements(parsing: lock, name: file.path)
        for address in addresses { requirements.addIndex(address) }
        return requirements
    }
}

// MARK: Locks

extension EnvironmentBuild {
    /// The lock of a project whose file is one: nothing is run for it. Nil for other files.
    private func readyLock(_ file: PackageFile) throws(EnvironmentFailure) -> Lock? {
        switch file.kind {
        case .pylock:
            guard file.content.contains("name = \"scrapy\"") else { throw Self.noScrapy(file.path) }
            return Lock(
                name: "pylock.toml", text: file.content, hasLocalPackages: PylockPaths.areIn(file.content))
        case .requirements:
            let requirements = try Requirements(parsing: file.content, name: file.path)
            return requirements.isLock ? try lock(requirements, file.path) : nil
        default: return nil
        }
    }

    /// A lock that the project has made.
    private func lock(_ requirements: Requirements, _ path: String) throws(EnvironmentFailure) -> Lock {
        guard requirements.names.contains("scrapy") else { throw Self.noScrapy(path) }
        return Lock(text: requirements.text, source: requirements)
    }

    private static func noScrapy(_ path: String) -> EnvironmentFailure {
        EnvironmentFailure(
            .lock, "\(path) is a lock, and Scrapy is not in it: add scrapy to the packages of the project")
    }

    /// Makes a lock of files that are none.
    private func newLock(_ file: PackageFile, in place: borrowing BuildPlace) throws(EnvironmentFailure) -> Lock {
        var input = file.path
        var source: Requirements?
        switch file.kind {
        case .uvLock, .poetryLock, .pipfileLock:
            let text = file.kind == .uvLock ? try place.exportUVLock(file) : try place.convert(file)
            var requirements = try Requirements(parsing: text, name: BuildPlace.converted)
            for address in LockIndexes.addresses(in: file) { requirements.addIndex(address) }
            if requirements.isLock { return try lock(requirements, file.path) }
            try place.write(requirements.text, to: BuildPlace.converted)
            (input, source) = (BuildPlace.converted, requirements)
        case .requirements:
            let requirements = try check(file.path, file.content)
            source = requirements
            if requirements.hadEditable, !file.path.contains("/") {
                // Without -e, for which a backend would need a hook that many do not have.
                try place.write(requirements.text, to: BuildPlace.converted)
                input = BuildPlace.converted
            }
        case .project: if file.path == "setup.cfg" { try place.addSetup() }
        case .pylock: break
        }
        return try compile(input, source, for: file, in: place)
    }

    /// Reads a requirements file and all that it takes, so that no path leaves the project.
    private func check(_ path: String, _ content: String) throws(EnvironmentFailure) -> Requirements {
        var first = try Requirements(parsing: content, name: path)
        var seen: Set<String> = [path]
        var waiting = first.files.map { (from: path, to: $0) }
        while let next = waiting.popLast() {
            let folder = next.from.split(separator: "/").dropLast()
            var parts: [Substring] = Array(folder)
            for part in next.to.split(separator: "/") where part != "." {
                if part == ".." { _ = parts.popLast() } else { parts.append(part) }
            }
            let taken = parts.joined(separator: "/")
            guard seen.insert(taken).inserted else { continue }
            guard seen.count <= 100 else {
                throw EnvironmentFailure(.packages, "More than 100 files name the packages")
            }
            guard let text = try self.content(of: taken) else {
                throw EnvironmentFailure(
                    .packages, "\(next.from) takes \(taken), and there is no such file in the project")
            }
            let other = try Requirements(parsing: text, name: taken)
            first.addSources(of: other)
            waiting += other.files.map { (from: taken, to: $0) }
        }
        return first
    }

    private func content(of path: String) throws(EnvironmentFailure) -> String? {
        let found: Result<[UInt8]?, EnvironmentFailure>
        do throws(SystemError) {
            let code = try code()
            do throws(EnvironmentFailure) {
                found = .success(try EnvironmentBuilder.content(of: path, in: code))
            } catch {
                found = .failure(error)
            }
        } catch {
            found = .failure(EnvironmentFailure(.packages, "The project cannot be read: \(error)"))
        }
        guard let bytes = try found.get() else { return nil }
        guard bytes.count <= PackageFile.limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw EnvironmentFailure(.packages, "\(path) is not UTF-8, or longer than \(PackageFile.limit >> 20) MiB")
        }
        return text
    }

    private func compile(
        _ input: String, _ source: Requirements?, for file: PackageFile, in place: borrowing BuildPlace
    ) throws(EnvironmentFailure) -> Lock {
        var text = try place.compile([input], source, for: file.path)
        var result = try Requirements(parsing: text, name: "requirements.lock")
        var warnings: [String] = []
        if source?.hadEditable == true {
            warnings.append("\(file.path) has editable packages (-e), which are installed as others are")
        }
        if !result.names.contains("scrapy") {
            try place.write("scrapy\n", to: BuildPlace.addition)
            text = try place.compile([input, BuildPlace.addition], source, for: file.path)
            result = try Requirements(parsing: text, name: "requirements.lock")
            warnings.append("\(file.path) does not name Scrapy: the newest one was added")
        }
        return Lock(
            text: result.text, source: source, hasLocalPackages: !result.localPackages.isEmpty, warnings: warnings)
    }
}
