import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Rules and limits, with the server dead", .fewAtATime)
struct RulesTests {
    /// A site in the spider's own process, which answers with the status in the path.
    private static let site = """
        import http.server, pathlib, threading, time
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *a): pass
            def do_GET(self):
                if 'hang' in self.path: time.sleep(3600)
                self.send_response(int(self.path.strip('/')))
                self.end_headers()
        def url(path):
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return 'http://127.0.0.1:%d/%s' % (server.server_port, path)
        here = pathlib.Path(__file__).as_uri()
        """

    private static let parts = """
        import scrapy
        class OpenFails:
            def open_spider(self, spider=None): raise RuntimeError('no database')
        class Drops:
            def process_item(self, item, spider=None): raise scrapy.exceptions.DropItem('again')
        class ProcessFails:
            def process_item(self, item, spider=None): raise RuntimeError('bad item')
        class CloseFails:
            def process_item(self, item, spider=None): return item
            def close_spider(self, spider=None): raise RuntimeError('flush failed')
        """

    private static let spiders = [
        "all": """
        import os, signal, time, scrapy
        from outcomes.site import here, url
        class Base(scrapy.Spider):
            start_urls = [here]
            def parse(self, response): yield {'a': 1}
        class Good(Base): name = 'good'
        class Zero(Base):
            name = 'zero'
            def parse(self, response): pass
        class ParseFails(Base):
            name = 'parse_fails'
            def parse(self, response): raise ValueError('selector gone')
        class StartFails(Base):
            name = 'start_fails'
            def start_requests(self):
                raise ValueError('no seeds')
                yield
            async def start(self):
                raise ValueError('no seeds')
                yield
        class InitFails(Base):
            name = 'init_fails'
            def __init__(self, *a, **k): raise ValueError('argument missing')
        class Coded(Base):
            custom_settings = {'RETRY_TIMES': 1}
            def __init__(self, *a, **k):
                super().__init__(*a, **k)
                self.start_urls = [url(self.code)]
        class C403(Coded): name, code = 'c403', '403'
        class C404(Coded): name, code = 'c404', '404'
        class C503(Coded): name, code = 'c503', '503'
        class Refused(Base): name, start_urls, custom_settings = 'refused', ['http://127.0.0.1:1/'], {'RETRY_TIMES': 1}
        class Offsite(Base):
            name, allowed_domains = 'offsite', ['example.org']
            def parse(self, response): yield scrapy.Request('http://127.0.0.1:1/')
        class Banned(Base):
            name = 'banned'
            def parse(self, response): raise scrapy.exceptions.CloseSpider('banned')
        class ItemCount(Base):
            name, custom_settings = 'itemcount', {'CLOSESPIDER_ITEMCOUNT': 1}
        class PipeOpen(Base): name, custom_settings = 'pipe_open', {'ITEM_PIPELINES': {'outcomes.parts.OpenFails': 1}}
        class PipeDrop(Base): name, custom_settings = 'pipe_drop', {'ITEM_PIPELINES': {'outcomes.parts.Drops': 1}}
        class PipeProc(Base): name, custom_settings = 'pipe_proc', {'ITEM_PIPELINES': {'outcomes.parts.ProcessFails': 1}}
        class PipeClose(Base): name, custom_settings = 'pipe_close', {'ITEM_PIPELINES': {'outcomes.parts.CloseFails': 1}}
        class FeedFails(Base): name, custom_settings = 'feed_fails', {'FEEDS': {'/proc/nowhere/x.jl': {'format': 'jsonlines'}}}
        class OsExit(Base):
            name = 'osexit'
            def parse(self, response): os._exit(5)
        class OsExitWell(Base):
            name = 'osexit_well'
            def parse(self, response):
                yield {'a': 1}
                os._exit(0)
        class Segv(Base):
            name = 'segv'
            def parse(self, response): os.kill(os.getpid(), signal.SIGSEGV)
        class Blocks(Base):
            name = 'blocks'
            def parse(self, response):
                print('here', flush=True)
                time.sleep(3600)
        class Hang(Base):
            # Its log goes on all the time.
            name, custom_settings = 'hang', {'LOGSTATS_INTERVAL': 0.5}
            def __init__(self, *a, **k):
                super().__init__(*a, **k)
                self.start_urls = [url('hang')]
        class Lingers(Base):
            name = 'lingers'
            def closed(self, reason):
                import threading
                threading.Thread(target=time.sleep, args=(3600,)).start()
        class Eats(Base):
            name, custom_settings = 'eats', {'FEEDS': {'items.jl': {'format': 'jsonlines'}}}
            @classmethod
            def from_crawler(cls, crawler, *a, **k):
                spider = super().from_crawler(crawler, *a, **k)
                crawler.signals.connect(spider.stay, scrapy.signals.spider_idle)
                return spider
            def parse(self, response):
                import subprocess, sys
                # Two processes, each of which is below the limit.
                self.child = subprocess.Popen([sys.executable, '-c', "b = b'x' * 150_000_000; input()"], stdin=subprocess.PIPE)
                self.bytes = b'x' * 150_000_000
                yield {'a': 1}
            def stay(self): raise scrapy.exceptions.DontCloseSpider
            def closed(self, reason): self.child.kill()
        """
    ]

    /// Starts jobs, kills the server, and gives what becomes of them.
    private func outcomes(
        of jobs: [(spider: String, options: [String: String])], in folder: Folder
    ) async throws -> [JobStatus] {
        let project = try await SpiderProject(
            in: folder, "outcomes", spiders: RulesTests.spiders,
            files: ["outcomes/site.py": RulesTests.site, "outcomes/parts.py": RulesTests.parts])
        let server = try await Server(in: folder, "--job-slots", "\(jobs.count)", "--stop-grace", "2")
        try await server.push(project.archive)
        let ids = try jobs.map { try server.make("outcomes/\($0.spider)", $0.options) }
        for id in ids {
            _ = try await server.waitFor("has a shim", of: id) { $0.state.isFinal || $0[.shim] != nil }
        }
        try await server.process.end(by: SIGKILL)
        var ends: [JobStatus] = []
        for id in ids {
            ends.append(try await server.waitFor("ends", of: id, within: .seconds(150)) { $0.state.isFinal })
        }
        return ends
    }

    private static let rows: [[(spider: String, rules: String, outcome: String)]] = [
        [
            ("good", "items<1,errors>0,finish!=finished", "SUCCESSFUL"), ("zero", "items<1", "FAILED rule items<1"),
            ("zero", "seconds>3600", "SUCCESSFUL"), ("parse_fails", "errors>0", "FAILED rule errors>0"),
            ("start_fails", "items<1", "FAILED rule items<1"), ("init_fails", "items<1", "FAILED"),
        ],
        [
            ("c403", "denied>0", "FAILED rule denied>0"), ("c404", "items<1", "FAILED rule items<1"),
            ("c503", "denied>20%", "FAILED rule denied>20%"), ("refused", "failed>0", "FAILED rule failed>0"),
            ("offsite", "items<1", "FAILED rule items<1"),
            ("banned", "finish!=finished", "FAILED rule finish!=finished"),
        ],
        [
            ("itemcount", "finish=closespider_itemcount", "FAILED rule finish=closespider_itemcount"),
            ("pipe_open", "seconds>3600", "FAILED"), ("pipe_drop", "dropped>0", "FAILED rule dropped>0"),
            ("pipe_proc", "errors>0", "FAILED rule errors>0"), ("pipe_close", "errors>0", "FAILED rule errors>0"),
            ("feed_fails", "errors>0", "FAILED rule errors>0"),
        ],
        [
            ("osexit", "items<1", "FAILED"), ("segv", "items<1", "FAILED"),
            ("osexit_well", "seconds>3600", "FAILED not-closed"), ("good", "rss>100000", "SUCCESSFUL"),
            ("good", "rss>5", "FAILED rule rss>5"), ("good", "items<50%/5", "SUCCESSFUL"),
        ],
    ]

    @Test("What Scrapy ends with 0 fails by the rule that was asked for", arguments: 0..<4)
    func rules(group: Int) async throws {
        try await Folder.with { folder in
            let rows = RulesTests.rows[group]
            let ends = try await outcomes(of: rows.map { ($0.spider, ["fail-if": $0.rules]) }, in: folder)
            for (row, end) in zip(rows, ends) {
                let words = [end.state.rawValue] + [end[.reason], end[.rule]].compactMap(\.self)
                #expect(words.joined(separator: " ") == row.outcome, "\(row.spider): \(end.line)")
            }
        }
    }

    @Test("Limits end what never ends, each with its reason")
    func limits() async throws {
        try await Folder.with { folder in
            let ends = try await outcomes(
                of: [
                    ("blocks", ["time-limit": "8s"]), ("hang", ["stall-limit": "10s"]),
                    ("lingers", ["linger-limit": "2s", "fail-if": "items<1"]),
                    ("lingers", ["linger-limit": "2s", "fail-if": "items<2"]), ("eats", ["memory-limit": "300M"]),
                ], in: folder)
            let reasons = ends.map { "\($0.state.rawValue) \($0[.reason] ?? "-")" }
            #expect(
                reasons == [
                    "FAILED time-limit", "FAILED stall-limit", "SUCCESSFUL linger-limit", "FAILED rule",
                    "FAILED memory-limit",
                ], "\(ends.map(\.line))")
        }
    }

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
                    import json, scrapy
                    from outcomes.site import here
                    class Some(scrapy.Spider):
                        name, start_urls = 'some', [here]
                        def parse(self, response):
                            for i in range(int(open(self.settings['COUNT_FILE']).read())): yield {'i': i}
                    """
                ], settings: "COUNT_FILE = '\(folder.path)/count'", files: ["outcomes/site.py": RulesTests.site])
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
