import SpoolConfiguration
import SpoolModel
import Testing

@Suite("The configuration")
struct ConfigurationTests {
    @Test("takes scrapy-do's own file as it stands")
    func scrapyDoFile() throws {
        var configuration = Configuration()
        try configuration.take(
            file: """
                # of scrapy-do 0.5.0
                [scrapy-do]
                project-store = /srv/projects
                job-slots = 5
                completed-cap = 200

                [web]
                interfaces = 127.0.0.1:7654 [::1]:7654
                https = off
                key = scrapy-do.key
                cert = scrapy-do.crt
                chain =
                auth = off
                auth-db = auth.db

                [web-modules]
                status.json = scrapy_do.webservice.Status
                """, path: "do.conf")
        #expect(configuration.projectStore == "/srv/projects")
        #expect(configuration.jobSlots == 5)
        #expect(configuration.completedCap == 200)
        #expect(configuration.interfaces == [.tcp(host: "127.0.0.1", port: 7654), .tcp(host: "::1", port: 7654)])
    }

    @Test(
        "says which finished jobs are kept: a number that is named alone keeps its meaning",
        arguments: [
            ([], 1000, 30 * 86_400, 90 * 86_400, 20 << 30, 50), (["completed-cap = 7"], 7, nil, nil, nil, 0),
            (["completed-cap = off"], nil, nil, nil, nil, 0), (["keep = 12h"], 1000, 43_200, 90 * 86_400, 20 << 30, 0),
            (["completed-cap = 7", "keep-failed = 2d"], 7, nil, 172_800, nil, 0),
            (["keep = off", "keep-failed = OFF", "keep-size = off"], 1000, nil, nil, nil, 0),
            (["keep-size = 5G"], 1000, 30 * 86_400, 90 * 86_400, 5 << 30, 0),
            (["keep = 0"], 1000, 0, 90 * 86_400, 20 << 30, 0),
        ] as [([String], Int?, Int?, Int?, Int?, Int)])
    func kept(_ lines: [String], _ cap: Int?, _ keep: Int?, _ failed: Int?, _ size: Int?, _ floor: Int) throws {
        var configuration = Configuration()
        try configuration.take(file: (["[scrapy-do]"] + lines).joined(separator: "\n"), path: "f")
        let kept = configuration.kept
        #expect(kept.cap == cap && kept.keep == keep && kept.keepFailed == failed)
        #expect(kept.keepSize == size && kept.floor == floor)
        let values = ["completed-cap", "keep", "keep-failed", "keep-size"].map { name in
            ConfigurationKey.all.first { $0.id == name }?.value(in: configuration) ?? ""
        }
        #expect((values[0] == "off") == (cap == nil) && (values[1] == "off") == (keep == nil))
        // What is shown can be written.
        var again = Configuration()
        try again.take(
            file: "[scrapy-do]\ncompleted-cap = \(values[0])\nkeep = \(values[1])\nkeep-failed = \(values[2])\n"
                + "keep-size = \(values[3])\n", path: "f")
        #expect(again.kept.cap == cap && again.kept.keep == keep && again.kept.keepFailed == failed)
        #expect(again.kept.keepSize == size)
    }

    @Test("says what runs jobs, and how they are handed to Slurm")
    func slurm() throws {
        var configuration = Configuration()
        #expect(configuration.executor == .local && !configuration.usesSlurm)
        try configuration.take(
            file: """
                [scrapy-do]
                executors = bookshop:slurm odd:name:local

                [slurm]
                partition = crawl
                memory = 512M
                time = 2h
                options = --qos=low  --constraint ssd
                slots = 100
                """, path: "f")
        let projects = try ["bookshop", "odd:name"].map { try #require(ProjectName($0)) }
        #expect(configuration.executors == [projects[0]: .slurm, projects[1]: .local])
        #expect(configuration.usesSlurm && configuration.executor == .local)
        #expect(configuration.slurmOptions == ["--qos=low", "--constraint", "ssd"])
        #expect(configuration.slurmMemory == 512 << 20 && configuration.slurmTime == 7200)
        try configuration.take(environment: ["SCRAPY_SPOOL_SLURM_PARTITION=other", "SCRAPY_SPOOL_EXECUTOR=slurm"])
        #expect(configuration.slurmPartition == "other" && configuration.executor == .slurm)
    }

    @Test("has options of all jobs, whose arguments and settings keep their capital letters")
    func jobs() throws {
        var configuration = Configuration()
        #expect(configuration.jobs.isEmpty)
        try configuration.take(
            file: """
                [jobs]
                Time-Limit = 2h
                stall-limit = off
                fail-if = items<1, denied>20%%
                arg.Category = travel
                setting.DOWNLOAD_DELAY = 0.5
                """, path: "f")
        let texts = configuration.jobs.texts.map { "\($0.name)=\($0.text)" }
        #expect(
            texts == [
                "arg.Category=travel", "setting.DOWNLOAD_DELAY=0.5", "fail-if=items<1,denied>20%", "time-limit=2h",
                "stall-limit=off",
            ])
        #expect(configuration.openRows.map(\.place).prefix(5) == ["f:5", "f:6", "f:4", "f:2", "f:3"])
        #expect(configuration.openRows.first?.name == "jobs-arg.Category")
    }

    @Test("limits how many jobs of a project, a spider or a tag run")
    func limits() throws {
        var configuration = Configuration()
        try configuration.take(
            file: """
                [limits]
                project Bookshop = 2
                Spider Bookshop/books = 1
                tag example.org = 3
                priority-aging = off
                queue = 10
                """, path: "f")
        let rows = configuration.openRows.map { "\($0.name) = \($0.text) \($0.place)" }
        #expect(
            rows == [
                "limits-project Bookshop = 2 f:2", "limits-spider Bookshop/books = 1 f:3",
                "limits-tag example.org = 3 f:4",
                "limits-priority-aging = off f:5", "limits-queue = 10 f:6",
            ])
    }

    @Test("takes names in [jobs] and [limits] that differ only in their case, and tags with colons")
    func cases() throws {
        var configuration = Configuration()
        try configuration.take(
            file: """
                [jobs]
                Priority = 3
                ARG.Page = 1
                arg.page = 2
                [limits]
                tag Nightly = 1
                TAG nightly = 2
                tag  eu:shop:Books = 3
                spider Shop/Books = 5
                spider shop/books = 6
                """, path: "f")
        #expect(
            configuration.openRows.map { "\($0.name) = \($0.text) \($0.place)" } == [
                "jobs-arg.Page = 1 f:3", "jobs-arg.page = 2 f:4", "jobs-priority = 3 f:2",
                "limits-spider Shop/Books = 5 f:9", "limits-spider shop/books = 6 f:10", "limits-tag Nightly = 1 f:6",
                "limits-tag eu:shop:Books = 3 f:8", "limits-tag nightly = 2 f:7",
                "limits-priority-aging = 600s default", "limits-queue = 100 default",
            ])
    }

    @Test("lets the environment win over the file, and a flag over both")
    func precedence() throws {
        var configuration = Configuration()
        try configuration.take(file: "[scrapy-do]\njob-slots = 1\ncompleted-cap = 1\nstop-grace = 1\n", path: "f")
        try configuration.take(environment: ["SCRAPY_SPOOL_JOB_SLOTS=2", "SCRAPY_SPOOL_COMPLETED_CAP=2", "HOME=/"])
        try configuration.take(flag: "job-slots", "3")
        #expect(configuration.jobSlots == 3)
        #expect(configuration.completedCap == 2)
        #expect(configuration.stopGrace == 1)
    }

    @Test(
        "refuses a file in one line with its number",
        arguments: [
            ("[scrapy-do]\njob-slots = many\n", "f:2: job-slots: `many` is not a whole number from 0 to 10000"),
            (
                "[scrapy-do]\n\njob_slots = 3\n",
                "f:3: there is no key `job_slots` in [scrapy-do]: did you mean `job-slots`? its keys are "
            ),
            (
                "[scrapy-do]\nauth = on\n",
                "f:2: there is no key `auth` in [scrapy-do]: it belongs in [web]; its keys are "
            ),
            ("[scrapy-do]\ncolour = 3\n", "f:2: there is no key `colour` in [scrapy-do]; its keys are "),
            ("[scrapyd]\neggs_dir = eggs\n", "f:1: [scrapyd] is of a configuration file of scrapyd, "),
            ("[scrapydo]\n", "f:1: there is no section [scrapydo]: did you mean [scrapy-do]?"),
            ("[scrapy-do\njob-slots = 3\n", "f:1: the name of a section has to be between brackets, "),
            ("[scrapy]\n", "f:1: there is no section [scrapy]: did you mean [scrapy-do]?"),
            (
                "[tasks]\n",
                "f:1: there is no section [tasks]; the sections are [scrapy-do], [web], [slurm], [jobs], [limits] and [hook NAME]"
            ),
            ("[scrapy-do]\nwarm-exit = slow\n", "f:2: warm-exit: `slow` is none of full, fast"),
            (
                "[scrapy-do]\nwarm-libraries = pandas, a-b\n",
                "f:2: warm-libraries: `a-b` is not the name of a Python module, such as lxml.html"
            ),
            ("[limits]\nhost a = 1\n", "f:2: there is no key `host a` in [limits]; its keys are project NAME, "),
            ("[limits]\nproject a = 0\n", "f:2: `project a` has to be a number from 1 to "),
            ("[limits]\ntag a = 1\nTag  a = 2\n", "f:3: key tag a is there twice in this section, first at f:2"),
            ("[jobs]\npriority = 1\nPriority = 2\n", "f:3: key priority is there twice in this section, first at f:2"),
            ("[limits]\nspider a = 1\n", "f:2: there is no key `spider a` in [limits]"),
            ("[job]\n", "f:1: there is no section [job]: did you mean [jobs]?"),
            ("[jobs]\ntime-limit = soon\n", "f:2: `time-limit` has to be a time "),
            ("[jobs]\ntimelimit = 2h\n", "f:2: there is no key `timelimit` in [jobs]: did you mean `time-limit`? its"),
            ("[jobs]\nversion = 2\n", "f:2: there is no key `version` in [jobs]"),
            ("[jobs]\nsetting.FEEDS = {}\n", "f:2: The setting FEEDS is a dictionary, "),
            ("[jobs]\narg.1 = x\n", "f:2: `arg.1` has to be a name "),
            ("[jobs]\nfail-if = denied>20%\n", "f:2: "),
            ("job-slots = 3\n", "f:1: a [section] must come before the first key"),
            ("[web]\ninterfaces = 127.0.0.1\n", "f:2: interfaces: `127.0.0.1` is not an address to listen at; "),
            ("[web]\ninterfaces =\n", "f:2: interfaces: an address to listen at is missing"),
            ("[scrapy-do]\nexecutor = cloud\n", "f:2: executor: `cloud` is neither local nor slurm"),
            (
                "[scrapy-do]\nexecutors = bookshop\n",
                "f:2: executors: `bookshop` is not a project and its executor"
            ),
            ("[slurm]\npartition = a b\n", "f:2: partition: `a b` is not a name"),
            ("[slurm]\nmemory = 10\n", "f:2: memory: `10` is not a size; "),
            ("[web]\nupload-limit = 5X\n", "f:2: upload-limit: `5X` is not a size; "),
            ("[scrapy-do]\nstop-grace = 5 days\n", "f:2: stop-grace: `5 days` is not a duration "),
            ("[scrapy-do]\nkeep = a month\n", "f:2: keep: `a month` is neither a time up to 36500d nor off; "),
            ("[scrapy-do]\nkeep-failed = 36501d\n", "f:2: keep-failed: `36501d` is neither a time "),
            ("[scrapy-do]\nkeep = -1\n", "f:2: keep: `-1` is neither a time "),
            ("[scrapy-do]\nkeep-size = big\n", "f:2: keep-size: `big` is not a size; "),
            ("[scrapy-do]\nkeep-size = 1\n", "f:2: keep-size: `1` is less than 1M; write a size with its unit, "),
            ("[scrapy-do]\nkeep-size = 0\n", "f:2: keep-size: `0` is less than 1M; "),
            ("[scrapy-do]\nkeep-size = 20K\n", "f:2: keep-size: `20K` is less than 1M; "),
            ("[scrapy-do]\nkeep = 30\n", "f:2: keep: `30` has no unit; write 30d for days, or "),
            ("[scrapy-do]\nkeep-failed = 2592000\n", "f:2: keep-failed: `2592000` has no unit; "),
            ("[scrapy-do]\nkeep = 30 w\n", "f:2: keep: `30 w` is neither a time "),
            ("[scrapy-do]\ncompleted-cap = -1\n", "f:2: completed-cap: `-1` is not a whole number "),
            ("[scrapy-do]\nrequire-spool = maybe\n", "f:2: require-spool: `maybe` is neither `on` nor `off`"),
        ])
    func refusals(file: String, message: String) {
        var configuration = Configuration()
        let error = #expect(throws: ConfigurationError.self) { try configuration.take(file: file, path: "f") }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
    }

    @Test(
        "reads sizes and durations with their units",
        arguments: [
            ("1000", 1000), ("64K", 65_536), ("512M", 536_870_912), ("2 GiB", 2_147_483_648), ("1mb", 1_048_576),
        ])
    func sizes(text: String, bytes: Int) throws {
        var configuration = Configuration()
        try configuration.take(flag: "upload-limit", text)
        #expect(configuration.uploadLimit == bytes)
        try configuration.take(flag: "list-timeout", "2h")
        #expect(configuration.listTimeout == 7200)
    }

    @Test("takes each value that a refusal advises", arguments: ConfigurationKey.all.map(\.id))
    func advice(id: String) throws {
        let key = try #require(ConfigurationKey.all.first { $0.id == id })
        for wrong in ["-no such value", "no such value", "", "x:y", "ftp://x"] {
            var configuration = Configuration()
            let file = "[\(key.section)]\n\(key.name) = \(wrong)\n"
            do {
                try configuration.take(file: file, path: "f")
            } catch {
                for example in Self.examples(in: error.description) {
                    // What runs the jobs is half of a value there.
                    let value = id == "executors" && !example.contains(":") ? "project:\(example)" : example
                    var other = Configuration()
                    try other.take(file: "[\(key.section)]\n\(key.name) = \(value)\n", path: "\(error.description)")
                }
            }
        }
    }

    /// The values that a refusal names.
    private static func examples(in message: String) -> [String] {
        var examples: [Substring] = []
        if let range = message.firstMatch(of: /from (-?[0-9]+) to (-?[0-9]+)/) { examples += [range.1, range.2] }
        if let pair = message.firstMatch(of: /neither `?([a-z]+)`? nor `?([a-z]+)/) { examples += [pair.1, pair.2] }
        let lists = [
            message.firstMatch(of: /is none of (.*)/),
            message.firstMatch(of: /(?:such as|write) ([^ ]*(?:, [^ ]+)*(?: or [^ ]+)?)$/),
        ]
        for list in lists.compactMap({ $0?.1 }) {
            examples += list.replacing(" and ", with: ", ").replacing(" or ", with: ", ").split(separator: ", ")
                .filter { !$0.contains(" ") }.map { Substring($0) }
        }
        return examples.map(String.init)
    }

    @Test("The examples are found in the words of refusals")
    func examples() {
        #expect(Self.examples(in: "`x` is none of none, one and a number up to 100") == ["none", "one"])
        #expect(Self.examples(in: "`x` is neither `on` nor `off`") == ["on", "off"])
        #expect(
            Self.examples(in: "is not a duration from 1 to 60 seconds; write 90, 90s, 5m or 2h")
                == ["1", "60", "90", "90s", "5m", "2h"])
        #expect(Self.examples(in: "write bytes, or a number with K, M, G or T, such as 512M") == ["512M"])
    }

    @Test("names the flag that is wrong")
    func flags() {
        var configuration = Configuration()
        let error = #expect(throws: ConfigurationError.self) { try configuration.take(flag: "job-slots", "-1") }
        #expect(error?.description == "--job-slots: `-1` is not a whole number from 0 to 10000")
    }
}
