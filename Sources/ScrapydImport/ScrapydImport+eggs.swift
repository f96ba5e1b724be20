internal import Crypto
internal import ForeignStore
internal import LinuxSystem
internal import ProjectArchive
internal import SpoolModel
internal import SpoolStore

extension ScrapydImport {
    /// An egg of the store.
    struct EggFile {
        let project: ProjectName
        let version: VersionName
        let file: String

        var shown: String { "egg \(project)/\(file)" }
    }

    /// The eggs in the order of their projects' names, of a project in scrapyd's order of versions: the last is the one in use.
    func eggFiles() -> [EggFile] {
        guard let root = store.eggs?.directoryIfAny(".") else { return [] }
        var found: [EggFile] = []
        for (name, kind) in names(in: root, called: "eggs") {
            guard kind == .directory else {
                skip("eggs/\(name)", "it is no directory")
                continue
            }
            guard let project = ProjectName(name) else {
                skip("project \(name)", "it cannot be the name of a project here")
                continue
            }
            guard let place = directory(name, in: root, called: "project \(name)") else { continue }
            var eggs: [EggFile] = []
            for (file, _) in names(in: place, called: "eggs/\(name)") where file.hasSuffix(".egg") {
                guard let version = VersionName(String(file.dropLast(4))) else {
                    skip("egg \(name)/\(file)", "it cannot be the name of a version here")
                    continue
                }
                eggs.append(EggFile(project: project, version: version, file: file))
            }
            found += VersionName.sorted(eggs, by: \.version)
        }
        return found
    }

    func importEgg(_ egg: EggFile) throws(ImportError) {
        defer { didStep() }
        do throws(Obstacle) {
            let file = try open(egg)
            let mark = "egg \(egg.project) \(egg.version) \(try digest(of: file, egg))"
            if ledger?.has(mark) == true {
                report.projects.present += 1
            } else {
                if isDryRun {
                    try tryOut(file, egg)
                    triedOut.insert(egg.project)
                } else {
                    try taker.take(file, of: egg.project, as: egg.version, at: try time(of: file, egg))
                }
                report.projects.taken += 1
            }
            do throws(ImportError) {
                // At once: taken again, it would be the version in use of that name, whatever was deployed since.
                try ledger?.note(mark, isUrgent: true)
            } catch {
                throw .stop(error)
            }
        } catch {
            try handle(error, of: egg.shown)
        }
    }

    private func open(_ egg: EggFile) throws(Obstacle) -> Descriptor {
        let path = RelativePath([FileName(egg.project.description), FileName(egg.file)])
        guard let eggs = store.eggs?.directoryIfAny(".") else { throw .skip("its directory cannot be opened") }
        return try opened(path, in: eggs)
    }

    private func time(of file: borrowing Descriptor, _ egg: EggFile) throws(Obstacle) -> Timestamp {
        do throws(SystemError) {
            return min(Timestamp(microseconds: try file.information().modified / 1000), now)
        } catch {
            throw .skip("it cannot be read: \(error.reason)")
        }
    }

    private func digest(of file: borrowing Descriptor, _ egg: EggFile) throws(Obstacle) -> String {
        var hash = SHA256()
        do throws(SystemError) {
            try file.forEachPiece { hash.update(data: $0) }
        } catch {
            throw .skip("it cannot be read: \(error.reason)")
        }
        return hash.finalize().hexadecimal
    }

    /// Tries an egg in a dry run: unpacks it into a temporary directory. Its spiders are not listed.
    private func tryOut(_ file: borrowing Descriptor, _ egg: EggFile) throws(Obstacle) {
        let number = file.number
        try TrialPlace.with(DerivedID.id(at: now, ["trial", egg.shown])) { place in
            do throws(ArchiveError) {
                guard try ZipStart.isZip(number) else { return .skip("it is no zip") }
                let extractor = ArchiveExtractor(readsEggs: true)
                _ = try extractor.extract(archive: number, into: place.descriptor.number)
            } catch {
                guard case .storage(let code) = error else { return .skip("it is not accepted: \(error)") }
                return Obstacle(SystemError(code: code, operation: "write"), while: "unpack \(egg.shown)")
            }
            do throws(ProjectLayoutError) {
                _ = try ProjectLayout(in: place.descriptor.number, of: egg.project.description)
                return nil
            } catch {
                return .skip("it is not accepted: \(error)")
            }
        }
    }
}
