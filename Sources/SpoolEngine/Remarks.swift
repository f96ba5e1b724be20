package import LinuxSystem
package import SpoolModel

/// The last log message about each lasting condition, so that it is logged once while the condition lasts. A pure
/// value.
package struct Remarks {
    /// The subject of a message.
    package enum Subject: Hashable {
        /// A name in `incoming/` or `cancel/`.
        case incoming(FileName), cancel(FileName)
        case job(JobID)
        /// The code of a project.
        case project(ProjectName)
        /// The schedules that a project declares.
        case declared(ProjectName)
        /// Starts of jobs as a whole.
        case starts
        /// The thread that deletes old jobs and code.
        case janitor
        /// The module by which crawls report.
        case reports
        /// Shims that start and do not take their jobs.
        case shims
    }

    private var said: [Subject: [String]] = [:]

    /// No message yet.
    package init() {}

    /// Whether a message differs from the last one about its subject. Records it as the last one.
    ///
    /// - Parameter stamp: the state of the subject; when it changes, the same text is news again.
    @discardableResult
    package mutating func isNews(_ text: String, about subject: Subject, stamp: String = "") -> Bool {
        said.updateValue([text, stamp], forKey: subject) != [text, stamp]
    }

    /// Notes that the condition of a subject has ended.
    ///
    /// - Returns: whether there was a message about it.
    @discardableResult
    package mutating func clear(_ subject: Subject) -> Bool {
        said.removeValue(forKey: subject) != nil
    }

    /// Forgets the subjects for which `isThere` is false.
    package mutating func keep(where isThere: (Subject) -> Bool) {
        said = said.filter { isThere($0.key) }
    }
}
