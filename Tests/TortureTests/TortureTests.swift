import Glibc
import LinuxSystem
import Testing

/// The short forms of tools/torture, one after the other: each of them keeps the machine busy. They need no root; with it `filesystems`
/// tries more.
@Suite("Torture", .serialized)
struct TortureTests {
    @Test(
        "What was promised is kept",
        arguments: [
            "memory", "kill", "errors", "copies", "restart", "supervision", "clock", "filesystems", "summaries",
        ])
    func campaign(name: String) async throws {
        let run = try await Campaign.run(name)
        #expect(run.exit == 0, "\(run.said)")
        // Seen to have tried something, and each negative control to have failed.
        #expect(run.said.contains("\(name): ") && run.said.contains("no violation"), "\(run.said)")
    }

    @Test("The check of a tree sees what is broken")
    func checks() async throws {
        let run = try await Campaign.run("controls")
        #expect(run.exit == 0, "\(run.said)")
    }
}
