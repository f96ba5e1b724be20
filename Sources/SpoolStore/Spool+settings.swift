internal import LinuxSystem
public import SpoolModel

/// The defaults of a project's jobs: `projects/<name>/settings.json`, with the members of a job's `metadata.json`.
extension Spool {
    /// The name of the file in a project's directory.
    public static let settingsFile = "settings.json"

    /// The defaults of a project; none if it has no such file. Throws `.unreadable` for a file with errors: to run a job
    /// without a limit that was asked for is worse than not to run it.
    public func jobDefaults(of project: ProjectName) throws(SpoolError) -> JobOptions {
        let path = "projects/\(project)/\(Spool.settingsFile)"
        let content: [UInt8]
        do throws(SystemError) {
            content = try projects.directory(project.description).content(Spool.settingsFile, limit: 1 << 20)
        } catch {
            guard error.isMissing else { throw SpoolError(error, while: "read \(path)") }
            guard root.contains(path) else { return JobOptions() }
            throw SpoolError(.unreadable, "\(path) is not a regular file")
        }
        let document: JSON
        do throws(JSONError) {
            document = try JSON(parsing: content)
        } catch {
            throw SpoolError(.unreadable, "\(path) is not JSON: \(error)")
        }
        guard case .object = document else { throw SpoolError(.unreadable, "\(path) is not a JSON object") }
        if let reason = JobOptions.unknownMember(of: document, besides: ["force"]) {
            throw SpoolError(.unreadable, "\(path): \(reason)")
        }
        do {
            let options = try JobOptions(parsing: document)
            if document["force"] != .bool(true) { try options.checkSettings() }
            return options
        } catch {
            throw SpoolError(.unreadable, "\(path): \(error)")
        }
    }

    /// The options of a new job of a project: its own, then the project's defaults, then the server's.
    ///
    /// Throws `.unreadable` if the project's cannot be used, `.refused` if all together cannot.
    ///
    /// - Parameter defaults: the server's.
    public func options(
        _ asked: JobOptions, of project: ProjectName, by defaults: JobOptions
    ) throws(SpoolError) -> JobOptions {
        let options = try asked.filled(from: jobDefaults(of: project)).filled(from: defaults)
        do throws(OptionError) {
            try options.checkLength()
            return options
        } catch {
            throw SpoolError(.refused, "With the defaults of project \(project): \(error)")
        }
    }
}
