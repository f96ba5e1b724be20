import Glibc
import LinuxSystem

/// Where things are that the tests use.
enum Place {
    /// The root of the repository.
    static let repository = String(#filePath.dropLast("/Tests/EndToEndTests/Harness/Place.swift".count))

    /// The directory of the two programs: SCRAPY_SPOOL_BIN, or where the tests themselves were built.
    static let programs: String = {
        if let directory = Host.environment("SCRAPY_SPOOL_BIN") { return directory }
        let own = File.target(ofLink: "/proc/self/exe") ?? ""
        return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
    }()

    /// The program scrapy.
    static let scrapy = Host.environment("SCRAPY") ?? "\(repository)/.venv/bin/scrapy"

    /// The program scrapy of the oldest Scrapy that is supported.
    static let oldestScrapy =
        Host.environment("SCRAPY_OLDEST") ?? "\(repository)/.venv-scrapy-oldest/bin/scrapy"

    /// The client of scrapy-do.
    static let client =
        Host.environment("SCRAPY_DO_CL") ?? "\(repository)/.venv-scrapy-do/bin/scrapy-do-cl"

    /// Where temporary folders are made.
    static let temporary = Host.environment("TMPDIR") ?? "/tmp"

    /// The server's program. Throws when it was not built.
    static func server() throws -> String {
        for name in ["scrapy-spool", "scrapy-spool-shim"] where !File.isProgram("\(programs)/\(name)") {
            throw Failure("there is no \(programs)/\(name): build everything first, with swift build")
        }
        guard File.isProgram(scrapy) else { throw Failure("there is no \(scrapy): run tools/setup") }
        return "\(programs)/scrapy-spool"
    }
}
