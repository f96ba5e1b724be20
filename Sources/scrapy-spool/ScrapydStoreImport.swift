internal import ForeignStore
internal import LinuxSystem
internal import Logging
internal import ScrapydImport
internal import SpoolConfiguration
internal import SpoolHTTP
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

/// An import from scrapyd with this program's means: eggs are published as by a server with the same configuration.
struct ScrapydStoreImport {
    /// The configuration file of scrapyd.
    let file: String
    /// Where scrapyd was started; nil for the directory of the file.
    let startedIn: String?
    /// The root of the spool.
    let spool: String
    /// The configuration file of this server; nil for none.
    let configuration: String?
    /// The `scrapy` to use; nil for that of the configuration.
    let scrapy: String?
    let isDryRun: Bool

    /// Imports, and gives the report.
    func run(
        _ zones: TimeZones, _ now: Timestamp, progress: @escaping (Int, Int) -> Void
    ) throws -> ImportReport {
        let old = try ScrapydConfiguration(path: file, startedIn: startedIn)
        let settings = try Settings(
            Serve.configuration(configuration, [("scrapy", scrapy)]),
            logger: Logger(label: "import") { _ in SwiftLogNoOpLogHandler() })
        let tree: Spool?
        do throws(SpoolError) {
            tree = isDryRun ? try Spool.openIfPresent(spool) : try Spool.open(spool).0
        } catch {
            throw ImportError(error)
        }
        let taker = Taker(
            intake: tree.map { EggIntake(into: $0, settings: settings.api, python: settings.python) })
        return try ScrapydImport(
            old, into: tree, taker: taker, timeZones: zones, now: now, isDryRun: isDryRun
        ).run(progress: progress)
    }

    /// Publishes eggs in the spool.
    private struct Taker: EggTaker {
        /// Nil in a dry run without a spool, which publishes nothing.
        let intake: EggIntake?

        func take(
            _ egg: borrowing Descriptor, of project: ProjectName, as version: VersionName, at instant: Timestamp
        ) throws(Obstacle) {
            do throws(SpoolError) {
                _ = try intake?.take(egg, of: project, as: version, at: instant)
            } catch {
                guard error.code == .refused else { throw Obstacle(error) }
                // The end of an output has several lines.
                throw .skip(error.description.split(whereSeparator: \.isNewline).joined(separator: " | "))
            }
        }
    }
}
