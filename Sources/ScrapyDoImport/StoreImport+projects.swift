internal import Crypto
internal import ForeignStore
internal import LinuxSystem
internal import ProjectArchive
internal import SpoolModel
internal import SpoolStore

extension StoreImport {
    /// Imports the projects in the order of their first push, in which the spool lists them.
    func importProjects(_ step: () -> Void) throws(ImportError) {
        for (project, pushed) in zip(store.projects, pushTimes()) {
            do throws(Obstacle) {
                try importProject(project, pushed: pushed)
            } catch {
                switch error {
                case .skip(let reason): skip("project \(project.name)", reason)
                case .stop(let error): throw error
                }
            }
            step()
        }
    }

    /// The time of each project's push. scrapy-do stores only the order of the first pushes and, as the archive's
    /// modification time, the last push. A project was first pushed before all projects that follow it.
    private func pushTimes() -> [Timestamp] {
        var times: [Timestamp] = []
        var following = now
        for project in store.projects.reversed() {
            // A missing archive is reported when its project is imported.
            let modified = store.directory.informationIfAny("\(project.name).zip").map { $0.modified / 1000 }
            let time = min(modified ?? following.microseconds, following.microseconds - 1)
            following = Timestamp(microseconds: time)
            times.append(following)
        }
        return times.reversed()
    }

    private func importProject(_ project: ScrapyDoProject, pushed: Timestamp) throws(Obstacle) {
        guard let name = ProjectName(project.name) else { throw .skip("it cannot be the name of a project here") }
        let mark = "project \(name)"
        if ledger?.has(mark) == true || isPresent(name) {
            report.projects.present += 1
        } else {
            let archive = try archive(of: name)
            if let spool, !isDryRun {
                try publish(project, name, archive, pushed: pushed, in: spool)
            } else {
                try tryOut(name, archive)
                triedOut[name] = spiders(of: project)
            }
            report.projects.taken += 1
        }
        do throws(ImportError) {
            try ledger?.note(mark, isUrgent: false)
        } catch {
            throw .stop(error)
        }
    }

    private func isPresent(_ name: ProjectName) -> Bool {
        guard let spool else { return false }
        do throws(SpoolError) {
            _ = try spool.project(name)
            return true
        } catch {
            // A damaged project is left as it is, for a repair.
            return error.code != .missing
        }
    }

    private func archive(of name: ProjectName) throws(Obstacle) -> Descriptor {
        do throws(SystemError) {
            return try store.directory.foreignFile("\(name).zip")
        } catch {
            throw .skip("its archive \(name).zip cannot be read: \(error.reason)")
        }
    }

    // MARK: Publishing

    private func publish(
        _ project: ScrapyDoProject, _ name: ProjectName, _ archive: borrowing Descriptor, pushed: Timestamp,
        in spool: Spool
    ) throws(Obstacle) {
        let staging = try stage(in: spool)
        do throws(Obstacle) {
            let size: Int64
            do throws(SystemError) {
                size = try staging.archive.copy(from: archive)
            } catch {
                throw Obstacle(error, while: "copy the archive of \(name)")
            }
            let directory = try unpack(staging.archive, into: staging.code, name)
            let digest = try digest(of: staging.archive, name)
            do throws(SpoolError) {
                _ = try spool.publish(
                    staging, name: name, directory: directory, spiders: spiders(of: project), sha256: digest,
                    size: size, at: pushed)
            } catch {
                throw Obstacle(error)
            }
        } catch {
            spool.discard(staging)
            throw error
        }
    }

    private func stage(in spool: Spool) throws(Obstacle) -> PushDraft {
        do throws(SpoolError) {
            return try spool.stage(JobID(at: now, using: &generator))
        } catch {
            throw Obstacle(error)
        }
    }

    /// Tries an archive in a dry run: unpacks it into a temporary directory, which is removed afterwards.
    private func tryOut(_ name: ProjectName, _ archive: borrowing Descriptor) throws(Obstacle) {
        try TrialPlace.with(JobID(at: now, using: &generator)) { tryOut(name, archive, in: $0) }
    }

    private func tryOut(
        _ name: ProjectName, _ archive: borrowing Descriptor, in code: borrowing Directory
    ) -> Obstacle? {
        do throws(Obstacle) {
            _ = try unpack(archive, into: code, name)
            return nil
        } catch {
            return error
        }
    }

    /// Unpacks an archive as a push does. Returns the project's directory in it.
    private func unpack(
        _ archive: borrowing Descriptor, into code: borrowing Directory, _ name: ProjectName
    ) throws(Obstacle) -> String {
        do throws(ArchiveError) {
            _ = try ArchiveExtractor().extract(archive: archive.number, into: code.descriptor.number)
        } catch {
            guard case .storage(let code) = error else { throw .skip("its archive is not accepted: \(error)") }
            throw Obstacle(SystemError(code: code, operation: "write"), while: "unpack the archive of \(name)")
        }
        do throws(ProjectLayoutError) {
            let layout = try ProjectLayout(in: code.descriptor.number)
            guard layout.name == name.description else { throw .noDirectory(name.description) }
            return layout.directory
        } catch {
            throw .skip("its archive is not accepted: \(error)")
        }
    }

    private func digest(of archive: borrowing Descriptor, _ name: ProjectName) throws(Obstacle) -> String {
        var hash = SHA256()
        do throws(SystemError) {
            try archive.forEachPiece { hash.update(data: $0) }
        } catch {
            throw Obstacle(error, while: "read the archive of \(name)")
        }
        return hash.finalize().hexadecimal
    }

    /// The spiders with valid names, each once. scrapy-do takes every word in a project's output for a spider.
    private func spiders(of project: ScrapyDoProject) -> [SpiderName] {
        var seen: Set<SpiderName> = []
        return project.spiders.compactMap { text in
            guard let spider = SpiderName(text) else {
                skip("spider \(project.name)/\(text)", "it cannot be the name of a spider here")
                return nil
            }
            return seen.insert(spider).inserted ? spider : nil
        }
    }
}
