internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension TreeCheck {
    /// Checks the marks of the jobs that are not finished.
    func checkMarks() throws(SpoolError) {
        for name in try list(spool.active, "active") { confirm { findings(ofMark: name) } }
    }

    private func findings(ofMark name: String) -> [Finding] {
        let path = "active/\(name)"
        // Removed since the listing.
        guard let information = spool.active.informationIfAny(name) else { return [] }
        if name.hasPrefix(".") {
            let isAside = name.hasSuffix(".tmp") && JobID(name.dropFirst().dropLast(4)) != nil
            return isAside ? [Finding(path, .note, "a repair was interrupted", .clear)] : []
        }
        guard let id = JobID(name), id.description == name else {
            return [Finding(path, .warning, "it is not named by a job's id", .quarantine(as: name))]
        }
        guard information.kind == .symbolicLink else {
            return [
                Finding(
                    path, .warning, "it is \(information.kind.name) and should be a symbolic link",
                    .quarantine(as: name))
            ]
        }
        // Read before the status: the mark is removed only after the status is final.
        // An unreadable one counts as wrong.
        let target = (try? spool.active.target(ofLink: name)) ?? ""
        do throws(SpoolError) {
            let status = try spool.directory(of: id).status()
            // Marks of finished jobs are checked with the jobs.
            guard !status.state.isFinal, target != "../jobs/\(id.day)/\(id)" else { return [] }
            return [Finding(path, .warning, "it points to `\(target)` and not to its job", .mark(id))]
        } catch {
            guard error.code == .missing, !spool.jobs.contains("\(id.day)/\(id)") else { return [] }
            let finding = context.leftover(path, "it marks no job", .clear, changed: information.modified)
            return finding.map { [$0] } ?? []
        }
    }
}
