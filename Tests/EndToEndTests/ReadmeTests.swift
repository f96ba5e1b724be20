import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("The README", .fewAtATime)
struct ReadmeTests {
    /// The blocks that a person types into a shell, in their order.
    private func blocks() throws -> [String] {
        var blocks: [String] = []
        var lines: [Substring]?
        for line in try File.text("\(Place.repository)/README.md").split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line == "```sh" {
                lines = []
            } else if line == "```", let block = lines {
                blocks.append(block.joined(separator: "\n"))
                lines = nil
            } else {
                lines?.append(line)
            }
        }
        return blocks
    }

    @Test("Every command works as it stands there, one after the other")
    func commands() async throws {
        try await Folder.with { folder in
            try await folder.run("cp", "-r", "\(Place.repository)/tools", "\(folder.path)/tools")
            try await folder.run(
                "cp", "-r", "\(Place.repository)/Tests/Fixtures/scrapy-do-store", "\(folder.path)/store")
            try File.makeDirectory("\(folder.path)/scrapyd/eggs")
            try File.write("[scrapyd]\n", to: "\(folder.path)/scrapyd/scrapyd.conf")
            try File.write("[scrapy-do]\njob-slots = 2\n", to: "\(folder.path)/tools/scrapy-do.conf")
            let ports = ["\(try FreePort.take())", "\(try FreePort.take())"]
            var script = "set -euo pipefail\n"
            for (number, block) in try blocks().enumerated() {
                let here = block.replacing("localhost:7654", with: "localhost:\(ports[0])")
                    .replacing("8899", with: ports[1]).replacing("/var/lib/scrapy-do", with: "\(folder.path)/store")
                    .replacing("/etc/scrapyd", with: "\(folder.path)/scrapyd")
                    // grep ends with 1 when it finds nothing, which a person does not mind.
                    .split(separator: "\n").map { $0.hasPrefix("grep ") ? "\($0) || test $? -eq 1" : String($0) }
                    .joined(separator: "\n")
                script += "echo '=== block \(number)' >&2\n\(here)\n"
                // A person looks whether the server is up before going on.
                if block.contains("serve --spool spool &") {
                    script +=
                        "curl -s --retry 50 --retry-connrefused --retry-delay 1 localhost:\(ports[0])/status.json\n"
                }
            }
            try File.write(script, to: "\(folder.path)/readme.sh")
            let path = Host.environment("PATH") ?? "/usr/bin:/bin"
            let scrapy = Place.scrapy.split(separator: "/").dropLast().joined(separator: "/")
            let environment = Host.environment().filter { !$0.hasPrefix("PATH=") && !$0.hasPrefix("SCRAPY_SPOOL_") }
            let child = try folder.start(
                ["/bin/bash", "\(folder.path)/readme.sh"], in: "\(folder.path)/tools",
                environment: environment + [
                    "PATH=\(Place.programs):/\(scrapy):\(path)", "SCRAPY_SPOOL_INTERFACES=127.0.0.1:\(ports[0])",
                    "SCRAPY_SPOOL_URL=http://localhost:\(ports[0])", "HOME=\(folder.path)",
                ])
            let end = try await child.wait(within: .seconds(500))
            #expect(end.exit == 0, "\(child.said.suffix(3000))")
            let output = try File.text(child.out)
            #expect(output.contains("\"status\": \"SUCCESSFUL\"") && output.contains("\"spiders\""))
            #expect(!output.contains("\"status\": \"error\""), "\(output)")
        }
    }
}
