import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Rules that compare, and rules without a report", .fewAtATime)
struct RulesTests {
    @Test("Without a report a rule on its counts is broken, and logs that do not grow are a stall")
    func noReport() async throws {
        try await Folder.with { folder in
            let stub = try Stub.write(in: folder, ["three": "exit 0", "quotes": "exec sleep 1000"])
            let server = try await Server(in: folder, "--scrapy", stub, "--job-slots", "4")
            try await server.push(Archives.trouble)
            let counted = try server.make("trouble/three", ["fail-if": "items<1"])
            let timed = try server.make("trouble/three", ["fail-if": "seconds>3600"])
            let ends = try [await server.ended(counted), await server.ended(timed)]
            #expect(ends[0].state == .failed && ends[0][.reason] == "no-report" && ends[0][.rule] == "items<1")
            #expect(ends[1].state == .successful && ends[1][.reason] == nil, "\(ends[1].line)")
            let silent = try server.make("trouble/quotes", ["stall-limit": "1s"])
            let end = try await server.ended(silent)
            #expect(end.state == .failed && end[.reason] == "stall-limit", "\(end.line)")
        }
    }

    @Test("A median becomes a number at the start, from kept jobs with the same arguments")
    func median() async throws {
        try await Folder.with { folder in
            let project = try await SpiderProject(
                in: folder, "outcomes",
                spiders: [
                    "all": """
                    import pathlib, scrapy
                    class Some(scrapy.Spider):
                        name, start_urls = 'some', [pathlib.Path(__file__).as_uri()]
                        def parse(self, response):
                            for i in range(int(open(self.settings['COUNT_FILE']).read())): yield {'i': i}
                    """
                ], settings: "COUNT_FILE = '\(folder.path)/count'")
            let server = try await Server(in: folder)
            try await server.push(project.archive)
            func run(_ count: Int, _ rule: String, payload: String = "{}") async throws -> JobStatus {
                try File.write("\(count)\n", to: "\(folder.path)/count")
                return try await server.ended(try server.make("outcomes/some", ["fail-if": rule], payload: payload))
            }
            #expect(try await run(10, "items<50%/2").state == .successful, "nothing to compare with")
            #expect(try await run(20, "items<50%/2").state == .successful, "too little")
            let first = try await run(7, "items<50%/2")
            #expect(first[.reason] == "rule" && first[.rule] == "items<8", "\(first.line)")
            #expect(try await run(8, "items<50%/2").state == .successful)
            // The failed one does not count, another payload neither.
            let other = try await run(1, "items<50%/2", payload: "{\"a\": 1}")
            #expect(other.state == .successful, "\(other.line)")
            let second = try await run(6, "items<50%/2")
            #expect(second[.rule] == "items<7", "\(second.line)")
        }
    }
}
