internal import LinuxSystem
internal import SpoolModel

extension JobDirectory {
    /// Removes what the project brought and the job did not touch from the job's working directories, so that they hold
    /// what the job wrote. Not to be called while anything of the job lives.
    ///
    /// It is done again where it could not be finished, and never needed. In any doubt a file is kept; where the code is
    /// gone, all are.
    ///
    /// - Parameters:
    ///   - onlySmall: leaves working directories alone that were filled with much, or with a copy that was ready.
    ///   - limit: microseconds that it may take.
    /// - Returns: whether nothing is left to do, as far as anything can be done.
    @discardableResult
    public func trimWork(onlySmall: Bool, within limit: Int64) -> Bool {
        let deadline = Machine.steadyClock() + limit
        let places = workPlaces().filter { $0.preparation != nil }
        guard !places.isEmpty else { return true }
        guard let project = try? metadata().project, let root = try? spoolRoot() else { return false }
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
        // Of an interrupted attempt only what it wrote is kept.
        if !place.isCurrent { try? directory.removeDirectory(place.name) }
    }

    /// Notes that only what the job has written is left of a working directory.
    func noteTrimmed(_ place: WorkPlace) throws(SystemError) {
        try directory.directory(JobDirectory.claim(place.attempt)).rename("prepared", to: "trimmed")
    }

    /// Whether a working directory of the job holds copies that may be removed.
    public var hasUntrimmedWork: Bool { workPlaces().contains { $0.preparation != nil } }
}
