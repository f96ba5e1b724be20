internal import LinuxSystem
internal import ProjectArchive
internal import SpoolModel
internal import SpoolStore

/// A project on its way into the spool: received, unpacked, asked for its spiders, published. Blocks its thread.
final class Push: Sendable {
    private let spool: Spool
    private let staging: Staging

    /// Makes room in the spool.
    init(in spool: Spool) throws(SpoolError) {
        self.spool = spool
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

    /// Forgets everything.
    func discard() {
        spool.discard(staging)
    }

    /// Unpacks the archive, finds the project and its spiders, and makes it the current version.
    func publish(digest: String, settings: APISettings, at instant: Timestamp) throws -> ProjectMetadata {
        do {
            _ = try ArchiveExtractor().extract(
                archive: staging.archive.number, into: staging.code.descriptor.number)
            let layout = try ProjectLayout(in: staging.code.descriptor.number)
            guard let name = ProjectName(layout.name) else {
                throw APIError.badRequest("\"\(layout.name)\" cannot be the name of a project")
            }
            guard ProjectMetadata.isDirectory(layout.directory) else {
                throw APIError.badRequest(
                    "The directory \"\(layout.directory)\" of project \(name) has a name that is not accepted: rename it"
                )
            }
            let spiders = try tryOut(layout.directory, settings)
            return try spool.publish(
                staging, name: name, directory: layout.directory, spiders: spiders, sha256: digest,
                size: try staging.archive.information().size, at: instant)
        } catch let error as ArchiveError {
            throw APIError(archive: error)
        } catch let error as ProjectLayoutError {
            throw APIError.badRequest(error.description)
        } catch let error as SpoolError {
            throw APIError(error)
        } catch let error as SystemError {
            throw APIError(SpoolError(error, while: "take the project in"))
        }
    }
}

extension Push {
    /// Lists the spiders in a copy of the project, so that what is published is what was pushed, whatever the project does
    /// when it is loaded. Its modules are compiled in that copy before anything of the project has run there.
    private func tryOut(_ directory: String, _ settings: APISettings) throws -> [SpiderName] {
        defer { spool.removeCopy(of: staging) }
        let place = try spool.copyCode(of: staging, directory: directory, for: settings.account)
        if let compilation = Compilation(settings: settings) {
            try compilation.run(in: place, for: VersionCode(try staging.code.duplicate(), directory: directory))
        }
        return try SpiderList(settings: settings).run(in: place, files: staging.directory)
    }
}

extension APIError {
    /// An archive that is not taken.
    init(archive error: ArchiveError) {
        if case .storage(let code) = error {
            self.init(SpoolError(SystemError(code: code, operation: "unpack the archive"), while: "unpack the archive"))
        } else {
            self = .badRequest(error.description)
        }
    }
}
