import LinuxSystem
import SpoolModel
import Testing

@Suite("ScrapydWeb and LogParser", .fewAtATime)
struct ScrapydWebTests {
    private static let programs = "\(Place.repository)/.venv-scrapydweb/bin"
    fileprivate static var hasPrograms: Bool { File.isProgram("\(programs)/scrapydweb") }

    private static let spider = """
        import asyncio
        import scrapy


        class Lab(scrapy.Spider):
            name = 'NAME'

            async def start(self):
                self.logger.info('TELL %s', self._job)
                await asyncio.sleep(SECONDS)
                return
                yield

        """

    @Test(
        "They deploy, run and stop, and show the dashboard, logs and statistics; a timer task runs",
        .enabled(if: ScrapydWebTests.hasPrograms, "there is no .venv-scrapydweb: run tools/setup --test"))
    func all() async throws {
        try await Folder.with { folder in
            let site = try await ScrapydSite(in: folder)
            let place = "\(folder.path)/egg"
            try File.makeDirectory("\(place)/EGG-INFO")
            try File.makeDirectory("\(place)/lab/spiders")
            try File.write("Metadata-Version: 2.4\nName: project\nVersion: 1.0\n", to: "\(place)/EGG-INFO/PKG-INFO")
            try File.write("[scrapy]\nsettings = lab.settings\n", to: "\(place)/EGG-INFO/entry_points.txt")
            try File.write("BOT_NAME = 'lab'\nSPIDER_MODULES = ['lab.spiders']\n", to: "\(place)/lab/settings.py")
            for name in ["lab/__init__.py", "lab/spiders/__init__.py"] { try File.write("", to: "\(place)/\(name)") }
            for (name, seconds) in [("tell", "0"), ("wait", "600")] {
                let text = ScrapydWebTests.spider.replacing("NAME", with: name).replacing("SECONDS", with: seconds)
                try File.write(text, to: "\(place)/lab/spiders/\(name).py")
            }
            try await folder.run("zip", "-q", "-r", "\(place).egg", ".", in: place)
            let web = "\(folder.path)/web"
            try File.makeDirectory(web)
            // LogParser looks for logs once; the first job makes the directory.
            let child = try folder.start(
                [
                    "\(ScrapydWebTests.programs)/python", "\(Place.repository)/Tests/Clients/scrapydweb.py",
                    site.address, ScrapydWebTests.programs, "\(site.server.spool)/logs", "\(place).egg",
                ], in: web)
            let outcome = try await child.wait(within: .seconds(500))
            let said = try File.text(child.out)
            #expect(outcome.exit == 0, "\(child.said.suffix(6000)) \(said.suffix(3000)) \(site.server.log)")
        }
    }
}
