public import LinuxSystem
public import SpoolModel

/// What tells the files that a job wrote from those that its project brought, in one of its working directories.
public struct WorkOriginals: ~Copyable {
    private let preparation: Preparation?
    private let code: VersionCode?

    /// - Parameter root: the spool's root.
    public init(of place: WorkPlace, project: ProjectName, in root: borrowing Directory) {
        preparation = place.preparation
        code = place.preparation.flatMap { try? VersionCode(of: project, version: $0.version, in: root) }
    }

    /// Whether a file is the project's: a copy that nobody has touched. False in any doubt.
    ///
    /// - Parameters:
    ///   - file: what is known of the file.
    ///   - path: where it is in the working directory.
    ///   - work: the working directory.
    public func contain(_ file: FileInformation, at path: RelativePath, in work: borrowing Directory) -> Bool {
        guard let preparation, file.changeTime <= preparation.instant else { return false }
        switch code {
        // What was last changed in the very moment in which the filling ended is older than the job by its content.
        case .none: return preparation.leavesUntouched(file, like: nil) != false
        case .some(let code):
            guard let original = code.original(of: path) else { return false }
            if let answer = preparation.leavesUntouched(file, like: original) { return answer }
            return (try? work.foreignFile(path).hasContent(of: try code.open(path))) == true
        }
    }
}
