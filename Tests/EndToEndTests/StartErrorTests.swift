import SpoolModel
import Testing

@Suite("A crawl that cannot begin", .fewAtATime)
struct StartErrorTests {
    /// Of such a crawl the exit status says nothing: Scrapy catches what `start` raises, and exits with 0. What is raised
    /// before that ends the process.
    @Test(
        "The state of a crawl that cannot begin is that of its exit status",
        arguments: [
            ("async def start(self):", JobState.successful, 0),
            ("def __init__(self, *arguments, **names):", .failed, 1),
        ])
    func state(function: String, state: JobState, exit: Int) async throws {
        try await Folder.with { folder in
            let project = "\(folder.path)/fails"
            try File.makeDirectory("\(project)/fails/spiders")
            try File.write(
                "[settings]\ndefault = fails.settings\n[deploy]\nproject = fails\n", to: "\(project)/scrapy.cfg")
            try File.write("", to: "\(project)/fails/__init__.py")
            try File.write("", to: "\(project)/fails/spiders/__init__.py")
            try File.write(
                "BOT_NAME = 'fails'\nSPIDER_MODULES = ['fails.spiders']\n", to: "\(project)/fails/settings.py")
            try File.write(
                """
                import scrapy


                class StartSpider(scrapy.Spider):
                    name = "start"

                    \(function)
                        raise RuntimeError("nothing was scraped")
                        yield

                """.replacing("        yield\n", with: function.hasPrefix("async") ? "        yield\n" : ""),
                to: "\(project)/fails/spiders/start.py")
            try await folder.run("zip", "-q", "-r", "\(folder.path)/fails.zip", "fails")
            let server = try await Server(in: folder)
            try await server.push("\(folder.path)/fails.zip")
            let id = try await server.schedule("fails/start")
            let end = try await server.ended(id)
            #expect(end.state == state && end[.exit] == exit, "\(end.line)\(server.log(of: id))")
            #expect(server.log(of: id).contains("nothing was scraped"))
        }
    }
}
