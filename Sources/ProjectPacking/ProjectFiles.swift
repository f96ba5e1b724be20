internal import LinuxSystem

/// The files of a project that are pushed, as paths below its directory, sorted by their bytes.
///
/// The files that `[deploy] glob` of `scrapy.cfg` matches, if it is set; otherwise, in a git repository, the files that
/// git tracks or would add; otherwise all but caches, virtual environments and the like. `scrapy.cfg` is always
/// included.
struct ProjectFiles {
    /// The paths.
    let paths: [String]

    init(of project: ProjectFolder, environment: [String]) throws(PackingError) {
        let found: [String]
        if let patterns = project.patterns?.map(GlobPattern.init) {
            let all = try ProjectWalk.paths(below: project.path, leavingOutProducts: false)
            found = all.filter { path in patterns.contains { $0.matches(path) } }
        } else if let listed = try GitListing.paths(below: project.path, environment: environment), !listed.isEmpty {
            found = listed
        } else {
            found = try ProjectWalk.paths(below: project.path, leavingOutProducts: true)
        }
        paths = Set(found + ["scrapy.cfg"]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
