internal import LinuxSystem
internal import ProjectArchive
internal import ProjectPython
internal import SpoolModel
internal import SpoolStore

/// A push of a project: received, unpacked, listed, published. Blocks its thread.
final class Push: Sendable {
    /// Reads the schedules of a project from the bytes of its `scrapy.cfg`; gets the project's name and its spiders.
    typealias ScheduleReader = @Sendable ([UInt8], ProjectName, [SpiderName]) throws -> DeclaredSchedules

    let spool: Spool
    let staging: PushDraft
    private let readSchedules: ScheduleReader?

    /// Creates its staging directory in the spool.
    ///
    /// - Parameter readSchedules: nil for a push that declares none.
    init(in spool: Spool, declaring readSchedules: ScheduleReader? = nil) throws(SpoolError) {
        self.spool = spool
        self.readSchedules = readSchedules
        var generator = SystemRandomNumberGenerator()
        staging = try spool.stage(JobID(at: .now, using: &generator))
    }

    /// Adds bytes to the archive.
    func write(_ bytes: [UInt8]) throws {
        do throws(SystemError) {
            try staging.archive.write(bytes)
        } catch {
            throw APIError(SpoolError(error, while: "store the archive"))
        }
    }

    /// Whether the archive is a zip to Python.
    func isZip() throws -> Bool {
        do throws(ArchiveError) {
            return try ZipStart.isZip(staging.archive.number)
        } catch {
            throw APIError(archive: error)
        }
    }

    /// Deletes the staging directory; may be repeated.
    func discard() {
        spool.discard(staging)
    }

    /// Unpacks the archive, finds the project and its spiders, and makes it the current version, or deletes everything.
    ///
    /// - Parameters:
    ///   - isFile: whether the archive was sent as a file, and not as the text of a field.
    ///   - mayBeEmpty: whether it may remove all spiders of its project.
    ///   - target: the project and the version that a client of scrapyd names; nil for the project that the archive names.
    ///   - environments: builds the project's environment; nil for the server's Scrapy.
    ///   - turn: runs the project's programs.
    func publish(
        digest: String, isFile: Bool, mayBeEmpty: Bool, as target: Target? = nil, settings: APISettings,
        environments: EnvironmentBuilder?,
        turn: PushTurn, at instant: Timestamp, by requester: Requester?
    ) throws -> Outcome {
        defer { spool.removeCopy(of: staging) }
        do {
            try unpack(isFile: isFile, readsEggs: target != nil)
            return try make(
                digest: digest, mayBeEmpty: mayBeEmpty, as: target, settings: settings, environments: environments,
                turn: turn, at: instant, by: requester)
        } catch {
            discard()
            throw Push.apiError(error)
        }
    }

    private func unpack(isFile: Bool, readsEggs: Bool) throws {
        do throws(ArchiveError) {
            if readsEggs, try !ZipStart.isZip(staging.archive.number) { throw ArchiveError.notAnArchive }
            let extractor = ArchiveExtractor(makesReadOnly: true, readsEggs: readsEggs)
            _ = try extractor.extract(archive: staging.archive.number, into: staging.code.descriptor.number)
        } catch {
            guard !readsEggs, [.notAnArchive, .noBytes].contains(error), !isFile,
                let text = try ArchiveText(in: staging.archive)
            else { throw error }
            throw APIError.badRequest(text.message)
        }
    }

    private func make(
        digest: String, mayBeEmpty: Bool, as target: Target?, settings: APISettings, environments: EnvironmentBuilder?,
        turn: PushTurn, at instant: Timestamp, by requester: Requester?
    ) throws -> Outcome {
        let code = staging.code.descriptor.number
        let layout =
            try target.map { target throws(ProjectLayoutError) in
                try ProjectLayout(in: code, of: target.project.description)
            } ?? ProjectLayout(in: code)
        guard let name = ProjectName(layout.name) else {
            throw APIError.badRequest("\"\(layout.name)\" cannot be the name of a project")
        }
        guard ProjectMetadata.isDirectory(layout.directory) else {
            throw APIError.badRequest(
                "The directory \"\(layout.directory)\" of project \(name) has a name that is not accepted: rename it"
            )
        }
        let flush = try spool.flush(staging, includesFiles: false)
        // Also after an error, so that the push is not removed while modes change. A failure was reported before.
        defer { _ = try? flush.wait() }
        // A client that leaves does not end the build: the same push again finds it made.
        let environment =
            if let environments {
                try environment(of: layout, digest: digest, settings: settings, by: environments)
            } else {
                Environment()
            }
        try turn.check()
        let trial = try tryOut(layout.directory, settings, environment.path, turn)
        let list = trial.list
        let declared = try schedules(of: name, in: layout.directory, with: list.spiders)
        let flushed = try flush.wait()
        if let cache = trial.cache {
            try ByteCodeHarvest.run(
                from: cache.directory,
                into: VersionCode(try staging.code.duplicate(), directory: layout.directory))
        }
        try turn.check()
        var warnings: [String] = []
        let project = try spool.publish(
            staging, name: name, directory: layout.directory, spiders: list.spiders, sha256: digest,
            size: try staging.archive.information().size, versionName: target?.version,
            environment: environment.made.map { ($0.facts, $0.lock) }, flushed: flushed, for: settings.account,
            at: instant, by: requester
        ) { present throws(SpoolError) in
            let change = SpiderChange(from: present, to: list)
            if change.isLossOfAll, !mayBeEmpty { throw SpoolError(.refused, change.refusal(of: name)) }
            warnings = change.warnings
        }
        warnings += environment.warnings
        if let warning = Push.warning(ofOthersBeside: layout) { warnings.insert(warning, at: 0) }
        return Outcome(
            project: project, spiderCount: list.spiders.count, environment: environment.made, declared: declared,
            warnings: warnings)
    }

    /// Reads the schedules that the project declares, and puts them beside its code.
    private func schedules(
        of name: ProjectName, in directory: String, with spiders: [SpiderName]
    ) throws -> [ScheduleName] {
        guard let readSchedules else { return [] }
        let file: [UInt8]
        do throws(SystemError) {
            file = try staging.code.foreignFile("\(directory)/scrapy.cfg").readStream(
                limit: ScrapyConfiguration.maximumBytes)
        } catch {
            // An egg may have none.
            guard error.isAboutFile else { throw SpoolError(error, while: "read scrapy.cfg") }
            return []
        }
        let declared = try readSchedules(file, name, spiders)
        if !declared.all.isEmpty { try staging.declare(declared) }
        return declared.all.compactMap(\.declared)
    }

    /// The warning about an archive with more than one project; nil otherwise.
    private static func warning(ofOthersBeside layout: ProjectLayout) -> String? {
        guard !layout.others.isEmpty else { return nil }
        let named = layout.others.prefix(10).map { "\($0.name) (\($0.path))" }.joined(separator: ", ")
        let more = layout.others.count > 10 ? " and \(layout.others.count - 10) more" : ""
        return
            "The archive holds more than one project. \(layout.name) was pushed, and not \(named)\(more): pack the directory "
            + "of each into an archive of its own"
    }

    private static func apiError(_ error: any Error) -> any Error {
        switch error {
        case let error as ArchiveError: APIError(archive: error)
        case let error as ProjectLayoutError: APIError.badRequest(error.description)
        case let error as SpoolError: APIError(error)
        case let error as SystemError: APIError(SpoolError(error, while: "take the project in"))
        default: error
        }
    }
}

extension Push {
    /// The project and the version that a client of scrapyd names.
    struct Target {
        let project: ProjectName
        let version: VersionName
    }

    /// A pushed project, and the warnings for the client.
    struct Outcome {
        let project: ProjectMetadata
        /// The number of spiders in the pushed version, which need not be the current one.
        let spiderCount: Int
        /// Its Python environment; nil for the server's Scrapy.
        let environment: EnvironmentBuilder.Made?
        /// The schedules that it declares.
        let declared: [ScheduleName]
        let warnings: [String]
    }

    /// The result of trying a project.
    private struct Trial {
        let list: SpiderList.Listing
        /// The directory with the byte code of its modules; nil if there is none.
        let cache: Place?
    }

    /// A directory that several threads use.
    private final class Place: Sendable {
        let directory: Directory

        init(_ directory: consuming Directory) { self.directory = directory }
    }

    /// Lists the spiders in a copy of the project, so that the published code is the pushed one, whatever the project
    /// does when it is loaded. Its modules are compiled from the same copy at the same time: Python ignores byte code
    /// of a module that the project changes there.
    ///
    /// - Parameter environment: the path of its virtual environment; nil for the server's Scrapy.
    private func tryOut(
        _ directory: String, _ general: APISettings, _ environment: String?, _ turn: PushTurn
    ) throws -> Trial {
        var settings = general
        if let environment { settings.scrapy = "\(environment)/bin/scrapy" }
        let place = Place(try spool.copyCode(of: staging, directory: directory, for: settings.account))
        let inquiry = try spool.makeInquiry(of: staging, with: SpiderList.module, for: settings.account)
        let lister = SpiderList(settings: settings, turn: turn)
        guard let compilation = Compilation(settings: settings, environment: environment) else {
            let list = try lister.run(in: place.directory, files: staging.directory, inquiry: inquiry)
            return Trial(list: list, cache: nil)
        }
        let cache = try spool.makeCache(of: staging, for: settings.account)
        let path = try cache.absolutePath()
        let (listed, compiled) = atOnce(
            { Result { try lister.run(in: place.directory, files: staging.directory, inquiry: inquiry) } },
            onThread: "compile", { Result { try compilation.run(in: place.directory, cache: path, turn: turn) } })
        let answer = try listed.get()
        try compiled.get()
        // The path from getcwd(3). It is missing if nothing was compiled.
        let modules = RelativePath(try place.directory.absolutePath())
        guard let directory = cache.foreignDirectoryIfAny(modules) else { return Trial(list: answer, cache: nil) }
        return Trial(list: answer, cache: Place(directory))
    }
}

extension APIError {
    /// An archive that is refused.
    init(archive error: ArchiveError) {
        if case .storage(let code) = error {
            self.init(SpoolError(SystemError(code: code, operation: "unpack the archive"), while: "unpack the archive"))
        } else {
            self = .badRequest(error.description)
        }
    }
}
