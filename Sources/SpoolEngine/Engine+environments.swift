internal import SpoolModel
internal import SpoolStore

/// Jobs whose Python environment is missing: they wait until it was built again.
extension Engine {
    /// An environment that a version names and that is missing.
    struct MissingEnvironment {
        let key: EnvironmentKey
        let version: Int
    }

    /// Whether a job of a version can start.
    ///
    /// Throws `.missing` while its environment is built.
    ///
    /// - Returns: false if the environment cannot be built.
    func prepareEnvironment(of project: ProjectName, version: Int) throws(SpoolError) -> Bool {
        guard let key = try spool.environmentKey(of: project, version: version), !spool.contains(key) else {
            return true
        }
        switch restorer.restore(key, of: project, version: version) {
        case .givenUp: return false
        case .waits(let reason):
            missingEnvironments[project] = MissingEnvironment(key: key, version: version)
            throw SpoolError(.missing, reason)
        }
    }

    /// Why the jobs of a project wait for a Python environment; nil if they do not.
    func problem(ofEnvironment project: ProjectMetadata) -> String? {
        do throws(SpoolError) {
            // Set by a job that was to start, perhaps with another version than the current one.
            if let missing = missingEnvironments[project.name] {
                missingEnvironments[project.name] = nil
                if try prepareEnvironment(of: project.name, version: missing.version) == false { return nil }
            }
            _ = try prepareEnvironment(of: project.name, version: project.version)
            return nil
        } catch {
            return error.description
        }
    }

    /// Why a job can never start, as `status` has it: its project, its version or its environment is gone.
    func lossReason(of metadata: JobMetadata) -> String {
        // A project that cannot be read has no version that could be named.
        guard let project = try? spool.project(metadata.project) else { return "no-project" }
        let version: Int
        do throws(SpoolError) {
            version = try spool.version(for: metadata, of: project)
        } catch {
            return "no-version"
        }
        // Code that cannot be read counts as missing.
        guard (try? VersionCode(of: project.name, version: version, in: spool.root)) != nil else { return "no-version" }
        return "no-environment"
    }
}
