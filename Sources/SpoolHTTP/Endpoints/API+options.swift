internal import SpoolModel
internal import SpoolStore

extension API {
    /// The options of a job that a request asks for.
    func options(_ parameters: Parameters) throws(APIError) -> JobOptions {
        var options = JobOptions()
        try setOptions(of: &options, parameters)
        return options
    }

    /// Sets the options that a request has, and leaves the others.
    func setOptions(of options: inout JobOptions, _ parameters: Parameters) throws(APIError) {
        // A form has no order.
        for name in parameters.names.sorted() where Endpoint.isOption(name) {
            guard let text = try parameters.text(name) else {
                throw .badRequest("The name of the field \"\(name)\" is not UTF-8")
            }
            do throws(OptionError) {
                _ = try options.set(name, to: text)
            } catch {
                throw .badRequest("\(error)")
            }
        }
        guard try !isForced(parameters) else { return }
        do throws(ReplacedDictionary) {
            try options.checkSettings()
        } catch {
            throw .badRequest("\(error)=1")
        }
    }

    private func isForced(_ parameters: Parameters) throws(APIError) -> Bool {
        guard let text = try parameters.text("force") else { return false }
        switch text {
        case "1", "yes": return true
        case "0", "no": return false
        default: throw .badRequest("\"force\" is 1 or 0, not \"\(text)\"")
        }
    }

    /// The spiders that a job can name.
    ///
    /// - Parameter version: the version that it asks for; nil for the current one.
    func spiders(of project: ProjectMetadata, in version: VersionNumber?) async throws -> [SpiderName] {
        guard let version else { return project.spiders }
        return try await blocking { [spool] in
            do throws(SpoolError) {
                return try spool.spiders(of: project, in: version)
            } catch {
                throw error.code == .missing ? APIError.badRequest(error.description) : APIError(error)
            }
        }
    }
}
