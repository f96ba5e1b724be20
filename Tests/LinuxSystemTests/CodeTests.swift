import LinuxSystem
import Testing

@Suite("The program's own code")
struct CodeTests {
    /// Kilobytes of files that this process has in its memory (RssFile of proc_pid_status(5)).
    private var mapped: Int? {
        let status = Host.content(ofSystemFile: "/proc/self/status", limit: 1 << 16) ?? []
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("RssFile:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }

    @Test("What is taken out of the memory is less, and runs when it is used again")
    func unmapped() throws {
        let before = try #require(mapped)
        Host.unmapCode()
        let after = try #require(mapped)
        #expect(after < before && after > 0)
    }
}
