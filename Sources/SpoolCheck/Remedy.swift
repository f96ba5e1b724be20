public import LinuxSystem
public import SpoolModel

/// What a repair does about a finding, or who else does something.
public enum Remedy: Hashable, Sendable {
    /// Nothing needs to be done.
    case nothing
    /// The next server does it, or the present one: `runs it again`.
    case server(String)
    /// A person has to: `restore it from a backup`.
    case person(String)
    /// Make the missing directory.
    case make
    /// Give it these permission bits.
    case mode(UInt32)
    /// Give it this owner.
    case owner(UInt32)
    /// Move it to `quarantine/`, under that name.
    case setAside(as: String)
    /// Move what has that name, which is not UTF-8, to `quarantine/`, under the name as it is written for people.
    case setAsideUndecoded(FileName)
    /// Move the job's directory to `quarantine/` and its mark away, unless the job is alive.
    case setAsideJob(JobID)
    /// Move the directory to the job's day.
    case place(JobID)
    /// Mark the job as not finished.
    case mark(JobID)
    /// Remove a file, a link, or a directory that is empty.
    case clear
    /// Delete what is in `tmp/`.
    case emptyStaging
    /// Write the job's metadata.json again, with the layout's number.
    case metadata(JobMetadata)
    /// Replace one status of a job by another.
    case status(JobID, from: JobStatus, to: JobStatus)
    /// Set room aside for the job's last status.
    case spare(JobID)
    /// Publish the project's metadata; what stands there goes to `quarantine/` first if it is damaged.
    case project(ProjectMetadata, isDamaged: Bool)
    /// Publish a version's metadata; what stands there goes to `quarantine/` first.
    case version(VersionMetadata, of: ProjectName)
    /// Move the project's directory to `quarantine/`.
    case setAsideProject(ProjectName)

    /// Whether a repair does something.
    public var isRepair: Bool {
        switch self {
        case .nothing, .server, .person: false
        default: true
        }
    }

    /// What a repair does, as a participle: `moved to quarantine/`. Nil where it does nothing.
    public var deed: String? {
        switch self {
        case .nothing, .server, .person: nil
        case .make: "made"
        case .mode(let bits): "given mode 0\(String(bits, radix: 8))"
        case .owner(let user): "given to user \(user)"
        case .setAside, .setAsideUndecoded, .setAsideJob, .setAsideProject: "moved to quarantine/"
        case .place(let id): "moved to jobs/\(id.day)/\(id)"
        case .mark: "marked in active/"
        case .clear: "removed"
        case .emptyStaging: "emptied"
        case .metadata: "written again with its format"
        case .status(_, _, let status): "made \(status.line.dropLast())"
        case .spare: "made"
        case .project(let project, _): "made to name version \(project.version) and its spiders"
        case .version: "written again from what is known"
        }
    }
}
