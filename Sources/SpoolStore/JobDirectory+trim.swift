internal import LinuxSystem
internal import SpoolModel

extension JobDirectory {
    /// Removes the project's files that the job has not changed from its working directories, so that they contain only
    /// files that the job wrote. No process of the job may be alive.
    ///
    /// If it is interrupted, it can be repeated, and it may be left out. In case of doubt a file is kept; if the code
    /// is gone, all are.
    ///
    /// - Parameters:
    ///   - onlySmall: skips working directories with many files, and those that were a ready copy.
    ///   - limit: the most microseconds that it may take.
    /// - Returns: whether nothing is left that it could do.
    @discardableResult
    public func trimWork(onlySmall: Bool, within limit: Int64) -> Bool {
        let deadline = SystemClock.monotonic() + limit
        let places = workPlaces().filter { $0.preparation != nil }
        guard !places.isEmpty else { return true }
        let project: ProjectName
        let root: Directory
        do {
            project = try metadata().project
            root = try spoolRoot()
        } catch {
            // Only files that are surely copies are removed.
            return false
        }
        var isDone = true
        for place in places {
            guard let preparation = place.preparation else { continue }
            guard !onlySmall || preparation.isSmall else {
                isDone = false
                continue
            }
            do throws(SystemError) {
                try trim(place, filledBy: preparation, with: project, in: root, until: deadline)
            } catch {
                if !error.isMissing { isDone = false }
            }
        }
        return isDone
    }

    private func trim(
        _ place: WorkPlace, filledBy preparation: Preparation, with project: ProjectName, in root: borrowing Directory,
        until deadline: Int64
    ) throws(SystemError) {
        let code = try VersionCode(of: project, version: preparation.version, in: root)
        let work = try directory.directory(place.name)
        var trim = try WorkTrim(work, filledBy: preparation, until: deadline)
        try trim.run(through: code)
        try noteTrimmed(place)
        // Of an interrupted attempt only the files that it wrote are kept.
        if !place.isCurrent { directory.removeIfEmpty(place.name) }
    }

    /// Records that a working directory contains only files that the job wrote.
    func noteTrimmed(_ place: WorkPlace) throws(SystemError) {
        try directory.directory(JobDirectory.claim(place.attempt)).rename("prepared", to: "trimmed")
    }

    /// Whether a working directory of the job contains copies that may be removed.
    public var hasUntrimmedWork: Bool { workPlaces().contains { $0.preparation != nil } }
}
