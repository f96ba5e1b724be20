internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization
internal import TimeZones

extension API {
    /// `status.json`: the daemon and its environment.
    func status() async throws -> APIResponse {
        if let answer = fastStatus() { return answer }
        let room: DiskSpace
        if let recent = gauge.recent {
            room = recent
        } else {
            room = try await blocking { [gauge] in try gauge.look() }
        }
        let known = try await projects.current(\.counts)
        let (scheduled, counts) = try await active.current(jobCounts)
        return status(scheduled, counts, known, room)
    }

    /// The same from memory; nil if that is not possible.
    func fastStatus() -> APIResponse? {
        guard let room = gauge.recent, let known = projects.ifCurrent(\.counts),
            let (scheduled, counts) = active.ifKnown(jobCounts)
        else { return nil }
        return status(scheduled, counts, known, room)
    }

    /// The number of scheduled jobs, and the counters, which are at least as recent as the index.
    private func jobCounts(_ content: inout ActiveIndex.Content) -> (scheduled: Int, counts: JobCounters.Counts) {
        (content.scheduledCount, counters.counts(with: content.uncounted))
    }

    private func status(
        _ scheduled: Int, _ counts: JobCounters.Counts, _ known: (projects: Int, spiders: Int), _ room: DiskSpace
    ) -> APIResponse {
        let now = now
        let figures = LastStatus.Figures(
            second: now.seconds, counts: counts, scheduled: scheduled, projects: known.projects,
            spiders: known.spiders, room: room, hold: gauge.holdState,
            certificate: settings.certificate?.term, scrapy: scrapy.problem)
        return .json(lastStatus.text(of: figures) { APIResponse.text(members(of: figures, at: now)) })
    }

    private func members(of figures: LastStatus.Figures, at now: Timestamp) -> [JSON.Member] {
        let (counts, room) = (figures.counts, figures.room)
        let usage = Host.usage()
        return [
            JSON.Member("status", .string("ok")),
            JSON.Member("memory-usage", .number("\(Double(usage.residentBytes) / 1_048_576)")),
            JSON.Member("cpu-usage", .number("\(cpuPercent(usage, at: now))")),
            JSON.Member("time", .string(settings.timeZones.local.civil(at: now).text)),
            JSON.Member("timezone", .string(settings.timeZones.local.names)),
            JSON.Member("hostname", .string(settings.hostname)),
            JSON.Member("uptime", .string(Uptime(from: started, to: now, in: settings.timeZones.local).description)),
            JSON.Member("jobs-run", .number(counts.run)),
            JSON.Member("jobs-successful", .number(counts.successful)),
            JSON.Member("jobs-failed", .number(counts.failed)),
            JSON.Member("jobs-canceled", .number(counts.canceled)),
            JSON.Member("jobs-scheduled", .number(figures.scheduled)),
            JSON.Member("projects", .number(figures.projects)),
            JSON.Member("spiders", .number(figures.spiders)),
            JSON.Member("daemon-version", .string(settings.version)),
            JSON.Member("disk-free", .number(room.freeBytes)),
            JSON.Member("disk-state", .string(room.state.rawValue)),
        ] + JSON.held(figures.hold) + JSON.certificate(settings.certificate, at: now) + JSON.scrapy(figures.scrapy)
    }

    /// The daemon's share of one processor since its start, in percent with one decimal.
    private func cpuPercent(_ usage: Host.Usage, at now: Timestamp) -> Double {
        let elapsed = Double(max(1, now.microseconds - started.microseconds))
        return (Double(usage.processorMicroseconds) / elapsed * 1000).rounded() / 10
    }
}

/// The last answer of `status.json`, reused for the rest of its second unless one of its figures changes.
final class LastStatus: Sendable {
    struct Figures: Equatable {
        let second: Int64
        let counts: JobCounters.Counts
        let scheduled, projects, spiders: Int
        let room: DiskSpace
        let hold: HoldState?
        let certificate: CertificateTerm?
        let scrapy: ScrapyWatch.Problem?
    }

    private let last = Mutex<(figures: Figures, text: [UInt8])?>(nil)

    /// The text for some figures, made again if they differ from the last ones.
    func text(of figures: Figures, _ make: () -> [UInt8]) -> [UInt8] {
        if let last = last.withLock({ $0 }), last.figures == figures { return last.text }
        let text = make()
        last.withLock { $0 = (figures, text) }
        return text
    }
}

/// A time span in scrapy-do's format: `1y 2m 3d 5h 6m 7s`, without zero parts except the seconds.
struct Uptime: CustomStringConvertible {
    let description: String

    /// The span between two instants by the calendar: a month is from a day to the same day of the next.
    init(from start: Timestamp, to end: Timestamp, in zone: TimeZoneRules) {
        let first = zone.civil(at: min(start, end))
        let last = zone.civil(at: max(start, end))
        var months = (last.year - first.year) * 12 + last.month - first.month
        var reached = Uptime.date(first, plusMonths: months)
        if reached > last {
            months -= 1
            reached = Uptime.date(first, plusMonths: months)
        }
        let rest = Int((last.instant().microseconds - reached.instant().microseconds) / 1_000_000)
        let units = [
            (months / 12, "y"), (months % 12, "m"), (rest / 86_400, "d"), (rest / 3600 % 24, "h"),
            (rest / 60 % 60, "m"),
        ]
        description = units.filter { $0.0 > 0 }.map { "\($0.0)\($0.1) " }.joined() + "\(rest % 60)s"
    }

    /// The same day and time `months` months later, or the last day of that month if it is shorter.
    private static func date(_ date: CivilTime, plusMonths months: Int) -> CivilTime {
        var result = date
        let month = date.year * 12 + date.month - 1 + months
        result.year = month / 12
        result.month = month % 12 + 1
        let next = CivilTime(year: (month + 1) / 12, month: (month + 1) % 12 + 1, day: 1).daysSinceEpoch
        let length = next - CivilTime(year: result.year, month: result.month, day: 1).daysSinceEpoch
        result.day = min(result.day, length)
        return result
    }
}
