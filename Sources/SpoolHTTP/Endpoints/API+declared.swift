internal import Scheduling
internal import SpoolModel
internal import TimeZones

extension API {
    /// The schedules that the `scrapy.cfg` of a pushed project declares. Throws 400 with the line of the first mistake.
    func declaredSchedules(
        in bytes: [UInt8], of project: ProjectName, with spiders: [SpiderName], by requester: Requester?
    ) throws(APIError) -> DeclaredSchedules {
        DeclaredSchedules(
            try ScheduleSections(parsing: bytes).declared().map { declared throws(APIError) in
                try metadata(of: declared, of: project, with: spiders, by: requester)
            })
    }

    private func metadata(
        of declared: ScheduleSections.Declared, of project: ProjectName, with spiders: [SpiderName],
        by requester: Requester?
    ) throws(APIError) -> JobMetadata {
        guard let named = declared.text("spider"), let when = declared.text("when") else {
            throw ScheduleSections.error(
                at: declared.line, "the schedule \(declared.name) needs the keys `spider` and `when`")
        }
        let spider = try declared.at("spider") { () throws(APIError) in
            guard let spider = SpiderName(named), spiders.contains(spider) else {
                throw .badRequest(
                    Advice.unknownSpider(named, of: project.description, among: spiders.map(\.description)))
            }
            return spider
        }
        let parameters = try declared.parameters()
        try declared.at("when") { () throws(APIError) in
            let spec = try spec(when)
            guard !spec.isNow else { throw .badRequest("`now` is no time of a schedule") }
            try checkZone(of: spec)
        }
        let description = try declared.at("description") { () throws(APIError) in
            try self.description(parameters.text("description"))
        }
        let payload = try declared.at("payload") { () throws(APIError) in
            try self.payload(try parameters.text("payload"), hint: "")
        }
        var generator = SystemRandomNumberGenerator()
        var metadata = JobMetadata(
            id: JobID(at: now, using: &generator), actor: .user, schedule: when, project: project, spider: spider,
            description: description, payload: payload, created: now)
        for name in ["overlap", "catch-up", "executor"] where declared.text(name) != nil {
            try declared.at(name) { () throws(APIError) in try setPolicies(of: &metadata, parameters) }
        }
        try setOptions(of: &metadata, from: declared, parameters)
        metadata.by = requester?.description
        metadata.declared = declared.name
        return metadata
    }

    private func setOptions(
        of metadata: inout JobMetadata, from declared: ScheduleSections.Declared, _ parameters: Parameters
    ) throws(APIError) {
        for field in declared.fields where Endpoint.isOption(field.name) {
            do throws(OptionError) {
                _ = try metadata.options.set(field.name, to: field.text)
            } catch {
                throw ScheduleSections.error(at: field.line, "\(error)")
            }
        }
        // Once more, with `force`.
        try declared.at("force") { () throws(APIError) in try setOptions(of: &metadata.options, parameters) }
    }

    /// Throws for a time zone that the server does not know.
    private func checkZone(of spec: SchedulingSpec) throws(APIError) {
        do {
            _ = try settings.timeZones.rules(for: spec)
        } catch {
            throw .badRequest("\(error)")
        }
    }
}
