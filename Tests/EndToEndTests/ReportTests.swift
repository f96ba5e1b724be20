import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("What a crawl reports", .fewAtATime)
struct ReportTests {
    /// A spider whose requests go to files, so that no site is needed.
    private static let spiders = [
        "items": """
        import logging, scrapy
        class ItemsSpider(scrapy.Spider):
            name = 'items'
            start_urls = [__import__('pathlib').Path(__file__).as_uri()]
            def parse(self, response):
                yield {'a': 1}
                yield {'a': 2}
                logging.getLogger('x').error('one error')
        """,
        "broken": """
        import scrapy
        class BrokenSpider(scrapy.Spider):
            name = 'broken'
            start_urls = [__import__('pathlib').Path(__file__).as_uri()]
            def parse(self, response):
                raise ValueError('a wrong page')
        """,
        "closes": """
        import scrapy
        class ClosesSpider(scrapy.Spider):
            name = 'closes'
            start_urls = [__import__('pathlib').Path(__file__).as_uri()]
            def parse(self, response):
                raise scrapy.exceptions.CloseSpider('banned by site')
        """,
        "liar": """
        import os, pathlib, scrapy
        class LiarSpider(scrapy.Spider):
            name = 'liar'
            deed = ''
            start_urls = [pathlib.Path(__file__).as_uri()]
            def parse(self, response):
                import json, shutil
                place = pathlib.Path('../report/progress')
                place.unlink()
                deed = json.loads(self.payload)['deed']
                if deed == 'text': place.write_text('items=many\\n')
                if deed == 'long': place.write_bytes(b'x' * 100_000_000)
                if deed == 'fifo': os.mkfifo(place)
                if deed == 'link': place.symlink_to('/etc/passwd')
                if deed == 'directory': place.mkdir()
                # The directory itself, in whose place there is something else then.
                if deed.startswith('no'):
                    shutil.rmtree(place.parent)
                if deed == 'no-fifo': os.mkfifo(place.parent)
                if deed == 'no-link': place.parent.symlink_to('/tmp')
                if deed == 'no-file': place.parent.write_text('phase=closed')
                if deed == 'zero': place.symlink_to('/dev/zero')
                os._exit(0)
        """,
        "unsayable": """
        import pathlib, scrapy
        class Unsayable:
            def __str__(self):
                raise ValueError('it cannot be said')
        class UnsayableSpider(scrapy.Spider):
            name = 'unsayable'
            start_urls = [pathlib.Path(__file__).as_uri()]
            def parse(self, response):
                self.logger.error(Unsayable())
                self.logger.error('%d', 'no number')
                yield {'a': 1}
        """,
        "quits": """
        import os, pathlib, scrapy
        class QuitsSpider(scrapy.Spider):
            name = 'quits'
            start_urls = [pathlib.Path(__file__).as_uri()]
            def parse(self, response):
                os._exit(5)
        """,
        "waits": """
        import pathlib, scrapy
        class WaitsSpider(scrapy.Spider):
            name = 'waits'
            start_urls = [pathlib.Path(__file__).as_uri()]
            @classmethod
            def from_crawler(cls, crawler, *arguments, **options):
                spider = super().from_crawler(crawler, *arguments, **options)
                crawler.signals.connect(spider.stay, scrapy.signals.spider_idle)
                return spider
            def parse(self, response):
                print('here', flush=True)
            def stay(self):
                raise scrapy.exceptions.DontCloseSpider
        """,
        "stops": """
        import pathlib, scrapy
        class StopsSpider(scrapy.Spider):
            name = 'stops'
            start_urls = [pathlib.Path(__file__).as_uri()]
            def parse(self, response):
                yield {'a': 1}
                self.crawler.stop()
        """,
        "odd": """
        import pathlib, scrapy
        class OddSpider(scrapy.Spider):
            name = 'odd'
            start_urls = [pathlib.Path(__file__).as_uri()]
            def parse(self, response):
                ring = {}
                ring['ring'] = ring
                deep = []
                for _ in range(50): deep = [deep]
                values = [{1: 2, 'a': 3}, {('a', 'b'): 2}, ring, float('nan'), float('-inf'), {1, 2}, object(), deep]
                for number, value in enumerate(values): self.crawler.stats.set_value('odd/%d' % number, value)
                raise scrapy.exceptions.CloseSpider('za\\u017c\\u00f3\\u0142\\u0107 \\u009b31m\\u202e 100%')
        """,
        "sees": """
        import os, subprocess, sys, pathlib, scrapy
        class SeesSpider(scrapy.Spider):
            name = 'sees'
            start_urls = [pathlib.Path(__file__).as_uri()]
            def parse(self, response):
                code = "import os, sys; print([k for k in os.environ if k.startswith(('SPOOL_', 'PYTHONPATH'))])"
                yield {'seen': subprocess.check_output([sys.executable, '-c', code], text=True).strip()}
                print('child sees', subprocess.check_output([sys.executable, '-c', code], text=True), flush=True)
        """,
    ]

    private func server(
        in folder: Folder, _ flags: String..., settings: String = "", files: [String: String] = [:]
    ) async throws -> Server {
        let project = try await SpiderProject(
            in: folder, "told", spiders: ReportTests.spiders, settings: settings, files: files)
        let server = try await Server(in: folder, flags: flags)
        try await server.push(project.archive)
        return server
    }

    @Test("The status says in the end what the crawl has done, the tree and the API alike")
    func counted() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let items = try await server.schedule("told/items")
            let broken = try await server.schedule("told/broken")
            let closes = try await server.schedule("told/closes")
            let quits = try await server.schedule("told/quits")
            let end = try await server.ended(items)
            #expect(end.state == .successful && end[.finish] == "finished", "\(end.line)")
            #expect([end[.items], end[.requests], end[.responses], end[.errors]] == [2, 1, 1, 1], "\(end.line)")
            #expect((end[.peakMemory] ?? 0) > 10_000 && (end[.processorTime] ?? 0) > 10, "\(end.line)")
            let facts = try await server.ok("list-jobs.json?id=\(items)&facts=1")["jobs"]?.elements?.first?["facts"]
            #expect(facts?["items"] == .number(2) && facts?["errors"] == .number(1), "\(facts?.line ?? "")")
            #expect(facts?["finish"] == .string("finished"))
            let stats = try JSON(parsing: File.bytes("\(server.directory(of: items))/report/stats.json"))
            #expect(stats["first_error"] == .string("one error"))
            #expect(stats["stats"]?["item_scraped_count"] == .number(2))
            // A crawl that raises in a callback is as successful as before, and shows it.
            let raised = try await server.ended(broken)
            #expect(raised.state == .successful && raised[.items] == 0 && raised[.errors] == 1, "\(raised.line)")
            let closed = try await server.ended(closes)
            #expect(closed[.finish] == "banned by site", "\(closed.line)")
            // What ends without a word has said what it had done by then.
            let gone = try await server.ended(quits)
            #expect(gone.state == .failed && gone[.exit] == 5 && gone[.finish] == nil, "\(gone.line)")
            #expect(gone[.items] == 0)
        }
    }

    @Test(
        "A report that is none is said, and keeps no end waiting",
        arguments: ["text", "long", "fifo", "link", "directory", "zero", "none", "no-fifo", "no-link", "no-file"])
    func lies(deed: String) async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let id = try await server.schedule("told/liar", payload: "{\"deed\": \"\(deed)\"}")
            let end = try await server.ended(id)
            #expect(end.state == .successful && end[.report] == "bad" && end[.items] == nil, "\(end.line)")
        }
    }

    @Test("A record whose text cannot be had is counted, and does not reach the spider")
    func unsayable() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let end = try await server.ended(try await server.schedule("told/unsayable"))
            #expect(end.state == .successful && end[.items] == 1 && end[.errors] == 2, "\(end.line)")
        }
    }

    @Test("A crawl that somebody else stops is not SUCCESSFUL; progress shows while it runs")
    func stopped() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let id = try await server.schedule("told/waits")
            let status = try await server.running(id)
            _ = try await server.file("job.out", of: id, containing: "here")
            let progress = "\(server.directory(of: id))/report/progress"
            let line = try File.text(progress)
            #expect(line.hasPrefix("phase=open items=0 "), "\(line)")
            try ProcessIdentity(pid: Int32(try #require(status[.pid])))?.open()?.send(SIGINT)
            let end = try await server.ended(id)
            #expect(end.state == .failed && end[.reason] == "shutdown" && end[.exit] == 0, "\(end.line)")
            // One that was canceled says so.
            let other = try await server.schedule("told/waits")
            _ = try await server.file("job.out", of: other, containing: "here")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(other)")
            #expect(try server.status(of: other).state == .canceled)
        }
    }

    @Test("A spider that stops its crawler by itself is SUCCESSFUL, though Scrapy gives it the reason of a shutdown")
    func stopsItself() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let end = try await server.ended(try await server.schedule("told/stops"))
            #expect(end.state == .successful && end[.finish] == "shutdown" && end[.items] == 1, "\(end.line)")
        }
    }

    @Test("Whatever a project counts is JSON, and a reason keeps its letters but for those that control a terminal")
    func odd() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let id = try await server.schedule("told/odd")
            let end = try await server.ended(id)
            #expect(end[.finish] == "zażółć \u{FFFD}31m\u{FFFD} 100%", "\(end.line)")
            let text = try File.text("\(server.directory(of: id))/report/stats.json")
            let stats = try JSON(parsing: text)["stats"]
            #expect(stats?["odd/0"]?["a"] == .number(3) && stats?["odd/1"] != nil, "\(text.prefix(2000))")
            #expect(stats?["odd/2"] == .object([JSON.Member("ring", .string("..."))]))
            #expect(stats?["odd/3"] == .string("nan") && stats?["odd/4"] == .string("-inf"))
            #expect(text.utf8.count <= 1 << 20 && !text.contains("NaN") && !text.contains("Infinity"))
        }
    }

    @Test("All crawls of a process are counted together")
    func severalCrawls() async throws {
        try await Folder.with { folder in
            let scrapy = "\(folder.path)/scrapy"
            try File.write(
                """
                #!/bin/sh
                [ "$1" = crawl ] || exec '\(Place.scrapy)' "$@"
                exec "$(dirname '\(Place.scrapy)')/python" -c '
                from scrapy.crawler import CrawlerProcess
                from scrapy.utils.project import get_project_settings
                process = CrawlerProcess(get_project_settings())
                process.crawl("items")
                process.crawl("closes")
                process.start()'

                """, to: scrapy)
            try await folder.run("chmod", "755", scrapy)
            let server = try await server(in: folder, "--scrapy", scrapy)
            let id = try await server.schedule("told/items")
            let end = try await server.ended(id)
            #expect(end.state == .successful && end[.items] == 2 && end[.responses] == 2, "\(end.line)")
            #expect(end[.finish] == "banned by site", "\(end.line)")
            #expect(!server.log(of: id).contains("Remote control"), "\(server.log(of: id))")
        }
    }

    @Test("The module is made anew for the next job when it is gone, and that of another version stays for a day")
    func renewed() async throws {
        try await Folder.with { folder in
            var server = try await server(in: folder)
            let place = "\(server.spool)/report"
            let module = try #require(File.names(place).first)
            try await folder.shell(
                "mkdir '\(place)/older' && echo > '\(place)/older/sitecustomize.py' && touch -d '3 days ago' '\(place)/older'"
            )
            try await server.process.end(by: SIGTERM)
            server = try await Server(in: folder)
            #expect(Set(File.names(place)) == [module, "older"])
            try await folder.run("touch", "-d", "2 days ago", "\(place)/older/outdated")
            try await folder.run("rm", "-r", "\(place)/\(module)")
            let end = try await server.ended(try await server.schedule("told/items"))
            #expect(end[.items] == 2, "\(end.line)")
            #expect(File.names(place) == [module])
        }
    }

    @Test("Nothing of it is left for the children of a crawl, and the project's own settings hold")
    func unseen() async throws {
        try await Folder.with { folder in
            let server = try await server(
                in: folder,
                settings: """
                    LOG_LEVEL = 'CRITICAL'
                    STATS_DUMP = False
                    EXTENSIONS = {'told.own.Own': 1}
                    """,
                files: ["told/own.py": "class Own:\n    def __init__(self): print('own extension', flush=True)\n"])
            let id = try await server.schedule("told/sees")
            let end = try await server.ended(id)
            let out = try File.text("\(server.directory(of: id))/job.out")
            #expect(end.state == .successful && end[.items] == 1, "\(end.line) \(out) \(server.log(of: id))")
            #expect(out.contains("own extension") && out.contains("child sees []"), "\(out)")
            let noisy = try await server.ended(try await server.schedule("told/items"))
            #expect(noisy[.errors] == 1, "with LOG_LEVEL=CRITICAL too: \(noisy.line)")
        }
    }

    @Test(
        "What the objects of a crawl do when they are finalized at its end, they do with a report as well",
        arguments: ["--crawl-reports", "--no-crawl-reports"])
    func finalized(flag: String) async throws {
        try await Folder.with { folder in
            let server = try await server(
                in: folder, flag, settings: "EXTENSIONS = {'told.own.Own': 1}",
                files: ["told/own.py": "class Own:\n    def __del__(self): print('finalized')\n"])
            let id = try await server.schedule("told/items")
            let end = try await server.ended(id)
            let out = try File.text("\(server.directory(of: id))/job.out")
            #expect(end.state == .successful && out.contains("finalized"), "\(end.line) \(out) \(server.log(of: id))")
        }
    }

    @Test("With crawl-reports = off nothing is made for a job, and a stop is SUCCESSFUL as Scrapy has it")
    func off() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, "--no-crawl-reports")
            let id = try await server.schedule("told/items")
            let end = try await server.ended(id)
            #expect(end.state == .successful && end[.items] == nil && end[.finish] == nil, "\(end.line)")
            #expect(!File.exists("\(server.directory(of: id))/report") && !File.exists("\(server.spool)/report"))
            #expect(end[.peakMemory] != nil)
            // Scrapy 2.19 starts it in each crawl unless something turns it off.
            #expect(!server.log(of: id).contains("Remote control"), "\(server.log(of: id))")
        }
    }
}
