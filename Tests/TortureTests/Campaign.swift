import Glibc
import LinuxSystem
import Testing

/// A run of tools/torture.
enum Campaign {
    /// The repository's root.
    private static let repository = String(#filePath.dropLast("/Tests/TortureTests/Campaign.swift".count))

    /// Runs the short form of a campaign.
    ///
    /// - Returns: its exit status, nil after a signal, and all that it has said.
    static func run(_ name: String) async throws -> (exit: Int32?, said: String) {
        let environment =
            Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_BIN=") } + ["SCRAPY_SPOOL_BIN=\(programs)"]
        let output = "\(Host.environment("TMPDIR") ?? "/tmp")/scrapy-spool-torture-\(name)-\(getpid())"
        let file = Descriptor(owning: open(output, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
        defer { unlink(output) }
        let null = try Descriptor(reading: "/dev/null")
        let command = Command(
            path: "/usr/bin/env", arguments: ["env", "python3", "\(repository)/tools/torture", name, "--quick"],
            environment: environment, files: [null.number, file.number, file.number])
        let pid = try command.spawn(in: try Directory(path: repository))
        let status = try await end(of: pid)
        let said = String(decoding: try file.readStream(limit: 1 << 20), as: UTF8.self)
        // The bits of wait(2): the low seven are the signal, the next byte the exit status.
        return (status & 0x7f == 0 ? (status >> 8) & 0xff : nil, said)
    }

    /// The directory of the programs: SCRAPY_SPOOL_BIN, or where the tests themselves were built.
    private static var programs: String {
        if let directory = Host.environment("SCRAPY_SPOOL_BIN") { return directory }
        let own = (try? Directory(path: "/proc/self").target(ofLink: "exe")) ?? ""
        return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
    }

    private static func end(of pid: Int32) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try startThread(named: "test") {
                    var status: Int32 = 0
                    waitpid(pid, &status, 0)
                    continuation.resume(returning: status)
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
