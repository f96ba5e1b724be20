package import SpoolModel
internal import SpoolStore

/// The jobs and projects of the tree at one moment. A value: pages are sent the difference of two versions.
package struct TreeVersion: Sendable {
    /// The jobs that are not finished, or have just finished.
    let active: ActiveJobs
    /// The projects, in the order of their first push.
    package let projects: [ProjectMetadata]
    /// Jobs that have lost their marks since the version before: some may have been in neither version.
    package let unmarked: Set<JobID>
    /// Whether all of that is watched; otherwise the next version has to be asked for without an event.
    package let isWatched: Bool

    /// The status of each job in it.
    package var statuses: [JobID: JobStatus] { active.statuses }

    /// The difference of two versions.
    package struct Changes: Equatable, Sendable {
        /// The jobs that came, changed, or went without having been shown as ended. In order.
        package var jobs: [JobID]
        /// Jobs that may have come and gone in between. In order.
        package var passing: [JobID]
        /// Whether a project came, went or changed.
        package var hasOtherProjects: Bool
    }

    /// The changes since an earlier version.
    package func changes(since earlier: TreeVersion) -> Changes {
        let (old, new) = (earlier.active.entries, active.entries)
        let changed = new.compactMap { id, entry in entry.hasNews(since: old[id]) ? id : nil }
        // A job that was already final while it was still marked has been reported.
        let gone = old.compactMap { id, entry in new[id] == nil && !entry.job.status.state.isFinal ? id : nil }
        return Changes(
            jobs: (changed + gone).sorted(),
            passing: unmarked.filter { old[$0] == nil && new[$0] == nil }.sorted(),
            hasOtherProjects: !projects.elementsEqual(earlier.projects) {
                $0.name == $1.name && $0.updated == $1.updated
            })
    }
}

extension ActiveJobs.Entry {
    /// Whether the job has changed since an earlier entry. Of a schedule the metadata may have, and its pause.
    fileprivate func hasNews(since earlier: ActiveJobs.Entry?) -> Bool {
        guard let earlier, earlier.job.status == job.status else { return true }
        return job.status.state == .scheduled && earlier.job != job
    }
}
