public import LinuxSystem
public import SpoolModel

/// Distinguishes a job's own files from those of its project, in one of its working directories.
public struct WorkOriginals: ~Copyable {
    private let preparation: Preparation?
    private let code: VersionCode?
    private let isTimed: Bool

    /// - Parameter spool: the job's spool.
    public init(of place: WorkPlace, project: ProjectName, in spool: Spool) {
        preparation = place.preparation
        // Without the code, times decide.
        code = place.preparation.flatMap { try? VersionCode(of: project, version: $0.version, in: spool.root) }
        isTimed = spool.timesWritesThroughMappings
    }

    /// Whether a file is an untouched copy of the project's. False in case of doubt.
    ///
    /// - Parameters:
    ///   - file: the facts of the file.
    ///   - path: its path in the working directory.
    ///   - work: the working directory.
    public func contain(_ file: FileInformation, at path: RelativePath, in work: borrowing Directory) -> Bool {
        guard let preparation, file.changeTime <= preparation.instant else { return false }
        switch code {
        // For a file changed at the very instant at which the filling ended, its modification time decides: it is older
        // than the job.
        case .none: return preparation.leavesUntouched(file, like: nil) != false
        case .some(let code):
            guard let original = code.original(of: path) else { return false }
            if let answer = preparation.leavesUntouched(file, like: original), isTimed || !answer { return answer }
            // In case of doubt it is the job's own.
            return (try? work.foreignFile(path).hasContent(of: try code.open(path))) == true
        }
    }
}
