internal import SpoolModel

/// HTTP's view of the tree through one observer.
package final class TreeView: Sendable {
    let source: IndexSource
    let projects: ProjectIndex
    let active: ActiveIndex

    /// A view that has read nothing yet.
    package init(_ source: IndexSource) {
        self.source = source
        projects = ProjectIndex(source)
        active = ActiveIndex(source)
    }

    /// The present version, which has everything that was in the tree before this call.
    package func version() async throws -> TreeVersion {
        let (jobs, unmarked, areJobsWatched) = try await active.current { content in
            (content.value, content.takeUnmarked(), content.isWatched)
        }
        let (projects, areProjectsWatched) = try await projects.current { ($0.projects, $0.isWatched) }
        return TreeVersion(
            active: jobs, projects: projects, unmarked: unmarked, isWatched: areJobsWatched && areProjectsWatched)
    }

    /// The same if it is known already, without waiting for the disk; nil otherwise.
    package func knownVersion() -> TreeVersion? {
        source.observer.takeEvents()
        guard let (jobs, isWatched) = active.ifKnown({ ($0.value, $0.isWatched) }),
            let projects = projects.ifKnown(\.projects)
        else { return nil }
        return TreeVersion(active: jobs, projects: projects, unmarked: [], isWatched: isWatched)
    }

    /// Yields whenever something has become stale, until ``endSignals()``. One caller at a time.
    package func signal(_ continuation: AsyncStream<Void>.Continuation) {
        active.signal(continuation)
        projects.signal(continuation)
    }

    /// Ends what ``signal(_:)`` began.
    package func endSignals() {
        active.signal(nil)
        projects.signal(nil)
    }

    /// Drops everything; it is read for the next query.
    package func drop() {
        active.drop()
        projects.drop()
    }
}
