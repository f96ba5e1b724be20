public import SpoolModel

/// A spider of jobs of a summary, and the schedule that has fired them.
public struct SummaryPlace: Hashable, Sendable {
    /// The spider.
    public let place: SpiderPlace
    /// The schedule; nil if none has fired the jobs.
    public let schedule: JobID?

    /// A spider and a schedule.
    public init(_ place: SpiderPlace, firedBy schedule: JobID?) { (self.place, self.schedule) = (place, schedule) }

    /// The bytes in a file: the length of a line and the line, which is the id of the schedule or `-`, the project and the spider
    /// with line feeds between them. No name has one.
    var bytes: [UInt8] {
        let line = Array("\(schedule?.description ?? "-")\n\(place.project)\n\(place.spider)".utf8)
        return (0..<4).map { UInt8(truncatingIfNeeded: line.count >> (8 * $0)) } + line
    }

    /// The places in bytes of a file; nil if they are no places.
    static func all(in bytes: [UInt8]) -> [SummaryPlace]? {
        var places: [SummaryPlace] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard length <= rest.count, let place = SummaryPlace(rest.prefix(length)) else { return nil }
            places.append(place)
            rest = rest.dropFirst(length)
        }
        return places
    }

    private init?(_ line: ArraySlice<UInt8>) {
        let words = line.split(separator: 0x0a, omittingEmptySubsequences: false)
            .map { String(validating: $0, as: UTF8.self) }
        guard words.count == 3, let schedule = words[0], let project = words[1].flatMap({ ProjectName($0) }),
            let spider = words[2].flatMap({ SpiderName($0) })
        else { return nil }
        let id = JobID(schedule)
        guard id != nil || schedule == "-" else { return nil }
        self.init(SpiderPlace(project: project, spider: spider), firedBy: id)
    }
}
