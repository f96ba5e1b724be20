public import LinuxSystem
public import SpoolModel

/// The repair of a finding, or the party that takes care of it.
public enum Remedy: Hashable, Sendable {
    /// Nothing has to be done.
    case nothing
    /// The present or the next server does it: `runs it again`.
    case server(String)
    /// A person has to do it: `restore it from a backup`.
    case person(String)
    /// Make the missing directory.
    case make
    /// Set these permission bits.
    case mode(UInt32)
    /// Set this owner.
    case owner(UInt32)
    /// Move the entry to `quarantine/`, under this name.
    case quarantine(as: String)
    /// Move the entry with this name, which is not UTF-8, to `quarantine/`, under its escaped name.
    case quarantineUndecoded(FileName)
    /// Move the job's directory to `quarantine/` and remove its mark, unless the job is alive.
    case quarantineJob(JobID)
    /// Move the job's directory to the job's day.
    case place(JobID)
    /// Mark the job as not finished.
    case mark(JobID)
    /// Remove a file, a link, or a directory that is empty.
    case clear
    /// Empty `tmp/`.
    case emptyStaging
    /// Write the job's metadata.json again, with the format number of the layout.
    case metadata(JobMetadata)
    /// Replace one status of a job by another.
    case status(JobID, from: JobStatus, to: JobStatus)
    /// Reserve the space for the job's last status.
    case spare(JobID)
    /// Publish the project's metadata; a damaged file moves to `quarantine/` first.
    case project(ProjectMetadata, isDamaged: Bool)
    /// Publish a version's metadata; an existing file moves to `quarantine/` first.
    case version(VersionMetadata, of: ProjectName)
    /// Move the project's directory to `quarantine/`.
    case quarantineProject(ProjectName)

    /// Move lines of other days from a day's file in `history/` to their files, and unreadable lines to `quarantine/`.
    case history(String)

    /// Whether a repair changes something.
    public var isRepair: Bool {
        switch self {
        case .nothing, .server, .person: false
        default: true
        }
    }

    /// The change that a repair makes, as a participle: `moved to quarantine/`; nil if it makes none.
    public var deed: String? {
        switch self {
        case .nothing, .server, .person: nil
        case .make: "made"
        case .mode(let bits): "given mode 0\(String(bits, radix: 8))"
        case .owner(let user): "given to user \(user)"
        case .quarantine, .quarantineUndecoded, .quarantineJob, .quarantineProject: "moved to quarantine/"
        case .place(let id): "moved to jobs/\(id.day)/\(id)"
        case .mark: "marked in active/"
        case .clear: "removed"
        case .emptyStaging: "emptied"
        case .metadata: "written again with its format"
        case .status(_, _, let status): "made \(status.line.dropLast())"
        case .spare: "made"
        case .project(let project, _): "made to name version \(project.version) and its spiders"
        case .version: "written again with the known facts"
        case .history: "moved line by line, to where it belongs or to quarantine/"
        }
    }
}
