internal import Logging
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

/// Puts the schedules in force that projects declare, after a push, after another version was made the current one, and at
/// the start of the engine.
extension Engine {
    /// Puts those of some projects in force. Those that fail are tried again with the next look at everything.
    func enforceSchedules(of projects: some Sequence<ProjectName>) {
        guard !isHeld else { return unenforced.formUnion(projects) }
        for project in unenforced.union(projects).sorted() {
            do throws(SpoolError) {
                try enforceSchedules(of: project)
                unenforced.remove(project)
                remarks.clear(.declared(project))
            } catch {
                unenforced.insert(project)
                say(
                    .error,
                    "The schedules of project \(project) cannot be put in force, which is tried again: \(error)",
                    about: .declared(project))
            }
        }
    }

    private func enforceSchedules(of project: ProjectName) throws(SpoolError) {
        let enforcement = try spool.enforceSchedules(
            of: project, at: now, makeID: { JobID(at: now, using: &generator) },
            firstStatus: { metadata throws(SpoolError) in try firstStatus(of: metadata) })
        guard let enforcement else { return }
        for id in enforcement.made + enforcement.changed { reconcile(id) }
        for name in enforcement.past {
            logger.warning("The schedule \(name) of project \(project) is in the past, and is not made")
        }
        logger.notice(
            "Put the schedules of version \(enforcement.version) in force",
            metadata: [
                "project": "\(project)", "made": "\(enforcement.made.count)", "changed": "\(enforcement.changed.count)",
                "ended": "\(enforcement.ended.count)",
            ])
    }

    private func firstStatus(of metadata: JobMetadata) throws(SpoolError) -> JobStatus? {
        do {
            let spec = try SchedulingSpec(parsing: metadata.schedule)
            guard !spec.isNow else { return nil }
            return try settings.timeZones.firstStatus(of: spec, at: now, using: &generator)
        } catch {
            throw SpoolError(.unreadable, "The schedule `\(metadata.schedule)` cannot be used: \(error)")
        }
    }
}
