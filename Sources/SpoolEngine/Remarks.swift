package import LinuxSystem
package import SpoolModel

/// What was last said in the log of things that stay as they are, so that each is said once for as long as it is so. A pure
/// value.
package struct Remarks {
    /// What a remark is about.
    package enum Subject: Hashable {
        /// A name in `incoming/` or `cancel/`.
        case incoming(FileName), cancel(FileName)
        case job(JobID)
        /// The code of a project.
        case project(ProjectName)
        /// Starts of jobs as a whole.
        case starts
        /// The thread that deletes what is not needed any more.
        case janitor
        /// The module by which crawls report.
        case reports
        /// Shims, which start and do not take their jobs.
        case shims
    }

    private var said: [Subject: [String]] = [:]

    /// Nothing was said yet.
    package init() {}

    /// Whether this is not what was said last of a subject; from now on it is.
    ///
    /// - Parameter stamp: what the subject looks like; when that changes, the same text is news again.
    @discardableResult
    package mutating func isNews(_ text: String, about subject: Subject, stamp: String = "") -> Bool {
        said.updateValue([text, stamp], forKey: subject) != [text, stamp]
    }

    /// Notes that there is nothing to be said of a subject any more.
    ///
    /// - Returns: whether something was said.
    @discardableResult
    package mutating func settle(_ subject: Subject) -> Bool {
        said.removeValue(forKey: subject) != nil
    }

    /// Forgets the subjects that are not there any more.
    package mutating func keep(where isThere: (Subject) -> Bool) {
        said = said.filter { isThere($0.key) }
    }
}
