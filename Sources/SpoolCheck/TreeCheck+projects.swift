internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension TreeCheck {
    /// Checks the projects.
    func checkProjects() throws(SpoolError) {
        confirm { lockFindings() }
        for name in try list(spool.projects, "projects") where !name.hasPrefix(".") {
            confirm { withProjectsStill { findings(ofProject: name) } }
            if let project = ProjectName(name), spool.projects.contains("\(project)/metadata.json") {
                summary.projects += 1
            }
        }
        // Optional. `checkTop` reports an entry of another kind, and a mode that keeps the owner out.
        guard let data = spool.root.directoryIfAny("data") else { return }
        for name in try list(data, "data") where !name.hasPrefix(".") { confirm { findings(ofData: name) } }
    }

    private func lockFindings() -> [Finding] {
        let path = "projects/.lock"
        // Missing until it is needed for the first time.
        guard let information = spool.root.informationIfAny(path) else { return [] }
        guard information.kind == .file else {
            return [
                Finding(
                    path, .error, "it is \(information.kind.name) and should be a file",
                    .quarantine(as: "projects.lock"))
            ]
        }
        return Access(information: information, path: path).findings(context)
    }

    /// Runs a check under the shared lock of the projects. Unlike a change of a project it does not create the lock's
    /// file.
    private func withProjectsStill(_ look: () -> [Finding]) -> [Finding] {
        // Without the file no process can hold the lock.
        guard let lock = try? spool.projects.foreignFile(".lock") else { return look() }
        // Runs without the lock too, because a second look confirms each finding.
        try? lock.lock(shared: true)
        defer { withExtendedLifetime(lock) {} }
        return look()
    }

    private func findings(ofProject name: String) -> [Finding] {
        let path = "projects/\(name)"
        do throws(SystemError) {
            let information = try spool.projects.information(name)
            guard information.kind == .directory, let project = ProjectName(name) else {
                return [Finding(path, .warning, "it is no project", .quarantine(as: name))]
            }
            let access = Access(information: information, path: path).findings(context)
            do throws(SystemError) {
                let directory = try spool.projects.directory(name)
                return access + ProjectFacts(project, in: directory).findings(context)
            } catch {
                return error.isMissing ? [] : access + [unreadable(path, error)]
            }
        } catch {
            return error.isMissing ? [] : [unreadable(path, error)]
        }
    }

    private func findings(ofData name: String) -> [Finding] {
        let path = "data/\(name)"
        // Removed since the listing.
        guard let information = spool.root.informationIfAny(path) else { return [] }
        guard information.kind == .directory else {
            return [
                Finding(
                    path, .warning, "it is \(information.kind.name) and should be a project's directory",
                    .quarantine(as: name))
            ]
        }
        return Access(information: information, path: path).findings(context)
    }
}
