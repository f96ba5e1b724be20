import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Schedules that a project declares", .fewAtATime)
struct DeclaredScheduleTests {
    /// A server, and the project `shop`, whose `scrapy.cfg` is written anew for each push.
    private struct Shop {
        let folder: Folder
        let standIn: StandIn
        var server: Server

        init(in folder: Folder, _ flags: String...) async throws {
            self.folder = folder
            standIn = try await StandIn(in: folder)
            server = try await Server(in: folder, flags: ["--scrapy", standIn.scrapy, "--keep-versions", "5"] + flags)
        }

        /// Packs the project with these sections.
        func archive(_ sections: String, spiders: [String] = ["fail", "fast", "sh", "slow"]) async throws -> String {
            try await standIn.archive("shop", spiders, sections: sections)
        }

        /// The schedules that are there, by their declared names.
        func schedules() async throws -> [String: JSON] {
            let jobs = try await server.ok("list-jobs.json?status=SCHEDULED&facts=1")["jobs"]?.elements ?? []
            return Dictionary(
                jobs.map { ($0["facts"]?["declared"]?.text ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        }

        /// Waits until the engine has put the schedules of a version in force, and met the requests to cancel.
        func inForce(_ version: Int) async throws {
            let place = "\(server.spool)/projects/shop"
            try await waitFor("the schedules of version \(version)", in: [place]) {
                (try? File.text("\(place)/schedules")) == "version=\(version)\n" ? () : nil
            }
            try await server.awaitNoRequests()
        }
    }

    private static let nightly = """
        [scrapy-spool schedule nightly]
        spider = fast
        when = every day at 03:30
        arg.Category = travel
        priority = 7
        description = 50%% of it

        """
    private static let hourly = """
        [scrapy-spool schedule hourly]
        Spider = sh
        when = every hour
        overlap = skip

        """

    @Test("A push makes them, the next one changes them in place and ends what is gone, and so does another version")
    func versions() async throws {
        try await Folder.with { folder in
            let shop = try await Shop(in: folder)
            let first = try await shop.server.push(try await shop.archive(Self.nightly + Self.hourly))
            #expect(first["schedules"] == .array([.string("nightly"), .string("hourly")]))
            try await shop.inForce(1)
            let made = try await shop.schedules()
            #expect(made.keys.sorted() == ["hourly", "nightly"])
            let nightly = try #require(made["nightly"])
            #expect(nightly["spider"] == .string("fast") && nightly["schedule"] == .string("every day at 03:30"))
            #expect(
                nightly["options"]
                    == .object([.init("arg.Category", .string("travel")), .init("priority", .string("7"))]))
            #expect(
                nightly["description"] == .string("50% of it")
                    && made["hourly"]?["facts"]?["overlap"] == .string("skip"))

            // One is changed, also in its spider; one goes, although its spider does as well.
            let other = Self.nightly.replacing("03:30", with: "04:30").replacing("fast", with: "slow")
            try await shop.server.push(try await shop.archive(other, spiders: ["fast", "slow"]))
            try await shop.inForce(2)
            let changed = try await shop.schedules()
            #expect(changed.keys.sorted() == ["nightly"])
            #expect(changed["nightly"]?["identifier"] == nightly["identifier"])
            #expect(changed["nightly"]?["schedule"] == .string("every day at 04:30"))
            #expect(changed["nightly"]?["spider"] == .string("slow"))
            let ended = try #require(made["hourly"]?["identifier"]?.text.flatMap { JobID($0) })
            #expect(try await shop.server.ended(ended).state == .canceled)

            // Back to the first version: the one is as it was, the other is a new one.
            _ = try await shop.server.ok("set-version.json", "-F", "project=shop", "-F", "version=1")
            try await shop.inForce(1)
            let again = try await shop.schedules()
            #expect(again.keys.sorted() == ["hourly", "nightly"])
            #expect(again["nightly"]?["identifier"] == nightly["identifier"])
            #expect(again["nightly"]?["schedule"] == .string("every day at 03:30"))
            #expect(again["hourly"]?["identifier"] != made["hourly"]?["identifier"])

            // A version that declares none leaves none; others are not touched.
            let own = try await shop.server.schedule("shop/fast", when: "every 2 days")
            try await shop.server.push(try await shop.archive(""))
            try await shop.inForce(3)
            #expect(try await shop.schedules().keys.sorted() == [""])
            #expect(try shop.server.status(of: own).state == .scheduled)
        }
    }

    @Test("A push with a mistake says the line, and changes nothing", arguments: mistakes)
    func mistake(sections: String, line: Int, message: String) async throws {
        try await Folder.with { folder in
            let shop = try await Shop(in: folder)
            try await shop.server.push(try await shop.archive(Self.nightly))
            try await shop.inForce(1)
            let before = try await shop.schedules()
            let archive = try await shop.archive(sections)
            let answer = try await shop.server.curl("push-project.json", "-F", "archive=@\(archive)")
            let text = try #require(try answer.json["msg"]?.text)
            #expect(answer.status == 400 && text.contains(message), "\(text)")
            let start = try await folder.shell(
                "unzip -p \(archive) '*scrapy.cfg' | grep -n '^\\[scrapy-spool' | head -1")
            let first = try #require(Int(start.prefix { $0 != ":" }))
            #expect(text.contains("scrapy.cfg, line \(first + line): "), "\(text), from line \(first) on")
            #expect(try await shop.schedules() == before)
            #expect(
                try await shop.server.ok("describe-projects.json")["projects"]?.elements?.first?["version"]?.integer
                    == 1)
        }
    }

    private static let mistakes: [(String, Int, String)] = [
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = every\n", 2, "every"),
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = now\n", 2, "no time of a schedule"),
        ("[scrapy-spool schedule a]\nspider = fats\nwhen = every day\n", 1, "fast"),
        ("[scrapy-spool schedule a]\nspider = fast\n", 0, "when"),
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = every day in Nowhere/City\n", 2, "Nowhere/City"),
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = every day\nprioriti = 3\n", 3, "did you mean priority?"),
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = every day\npriority = 11\n", 3, "0 to 9"),
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = every day\npayload = {\n", 3, "JSON"),
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = every day\noverlap = never\n", 3, "overlap"),
        ("[scrapy-spool schedule a b]\nspider = fast\nwhen = every day\n", 0, "the name of a schedule"),
        ("[scrapy-spool schedule]\nspider = fast\nwhen = every day\n", 0, "has no name"),
        ("[scrapy-spool schedule a]\nproject = shop\nspider = fast\nwhen = every day\n", 1, "no key"),
        ("[scrapy-spool schedule a]\nspider = fast\nwhen = every day\ndescription = 50% off\n", 3, "%"),
    ]

    @Test("One that was canceled comes back with the next version only; one that is paused stays so")
    func byHand() async throws {
        try await Folder.with { folder in
            var shop = try await Shop(in: folder)
            try await shop.server.push(try await shop.archive(Self.nightly + Self.hourly))
            try await shop.inForce(1)
            let made = try await shop.schedules()
            let ids = try ["hourly", "nightly"].map { try #require(made[$0]?["identifier"]?.text) }
            _ = try await shop.server.ok("cancel-job.json", "-F", "id=\(ids[0])")
            _ = try await shop.server.ok("pause-schedule.json", "-F", "id=\(ids[1])")
            let refused = try await shop.server.curl("edit-schedule.json", "-F", "id=\(ids[1])", "-F", "priority=1")
            #expect(refused.status == 400 && refused.text.contains("nightly"), "\(refused.text)")
            // Neither a restart nor a change of the project makes it again.
            _ = try await shop.server.process.end(by: SIGTERM)
            shop.server = try await shop.standIn.server()
            try await folder.run("touch", "\(shop.server.spool)/projects/shop")
            let job = try await shop.server.schedule("shop/fast")
            _ = try await shop.server.ended(job)
            #expect(try await shop.schedules().keys.sorted() == ["nightly"])
            try await shop.server.push(try await shop.archive(Self.nightly + Self.hourly))
            try await shop.inForce(2)
            let again = try await shop.schedules()
            #expect(again.keys.sorted() == ["hourly", "nightly"])
            #expect(again["nightly"]?["facts"]?["paused"] != nil && again["nightly"]?["identifier"] == .string(ids[1]))
        }
    }

    @Test(
        "A damaged list is said in the log, and leaves the schedules as they are",
        arguments: ["{", "{\"schedules\": [{}]}", "[]"])
    func damaged(content: String) async throws {
        try await Folder.with { folder in
            let shop = try await Shop(in: folder)
            try await shop.server.push(try await shop.archive(Self.nightly))
            try await shop.inForce(1)
            try await shop.server.push(try await shop.archive(Self.nightly + Self.hourly))
            try await shop.inForce(2)
            try await folder.run("rm", "\(shop.server.spool)/projects/shop/versions/1/schedules.json")
            try File.write(content, to: "\(shop.server.spool)/projects/shop/versions/1/schedules.json")
            _ = try await shop.server.ok("set-version.json", "-F", "project=shop", "-F", "version=1")
            let server = shop.server
            _ = try await server.process.awaitLine("The schedules of project shop cannot be put in force", in: folder)
            #expect(try await shop.schedules().keys.sorted() == ["hourly", "nightly"])
        }
    }
}
