import LinuxSystem
import Logging
import SpoolEngine
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("What counts against the limits on finished jobs")
struct CleaningTests {
    @Test("A job that was taken out before its end was told does not, and one that is there does")
    func takenOut() throws {
        let place = try TemporarySpool()
        let (kept, taken) = (place.job(.successful), place.job(.successful))
        for job in [kept, taken] { try place.spool.create(job) }
        let cleaning = Cleaning(
            spool: place.spool, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            departures: try Departures(of: place.spool))
        try place.spool.root.rename(place.place(taken.id), to: "taken")
        var news = Janitor.News()
        for job in [kept, taken] { news.ended[job.id] = Retention.End(of: job.status) }
        cleaning.take(news)
        #expect(cleaning.retention.contains(kept.id))
        #expect(!cleaning.retention.contains(taken.id))
    }
}
