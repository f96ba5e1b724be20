extension AdviceCoverageTests {
    /// Every advice, and how it is tried.
    static let entries = specs + configuration + hooks + requests + programs

    private static let hookAdvice = Trial.test("advised", in: "EndToEndTests/HookConfigurationTests.swift")

    private static let hooks: [Entry] = [
        Entry("SpoolConfiguration/Configuration+hooks.swift", "has no name that a hook can have", hookAdvice),
        Entry("SpoolConfiguration/Configuration+hooks.swift", "http is readable on its way", hookAdvice),
        Entry("SpoolConfiguration/Configuration+hooks.swift", "did you mean", hookAdvice),
        Entry("SpoolConfiguration/HookSection.swift", "write 3d or 12h", hookAdvice),
        Entry("SpoolConfiguration/HookSection.swift", "write failed, or some of", hookAdvice),
        Entry(
            "SpoolHooks/HookSecret.swift", "this file holds a secret",
            .test("secrets", in: "EndToEndTests/HookConfigurationTests.swift")),
        Entry("scrapy-spool/Server/Settings.swift", "or write its path", hookAdvice),
    ]

    private static let refusals = Trial.test("advice", in: "SchedulingTests/RefusalTests.swift")

    private static let specs: [Entry] = [
        Entry(
            "Scheduling/Cron+parsing.swift", "use @hourly",
            .specs(
                ["hourly", "daily", "midnight", "weekly", "monthly", "yearly", "annually"].map { "cron @\($0)" })),
        Entry("Scheduling/Cron+parsing.swift", "cron 30 4 * * mon-fri", .specs(["cron 30 4 * * mon-fri"])),
        Entry("Scheduling/Cron+parsing.swift", "use a day that occurs in the months", .specs(["cron 0 0 29 2 *"])),
        Entry("Scheduling/CronField+parsing.swift", "has a comma too many", refusals),
        Entry("Scheduling/CronField+parsing.swift", "*/5", .specs(["cron */5 * * * *", "cron 0 0 * */5 *"])),
        Entry("Scheduling/CronField+parsing.swift", "write two, as in", refusals),
        Entry(
            "Scheduling/CronField+parsing.swift", "a range, a list or",
            .specs(
                ["cron 0-59 0,23 1-31 jan-dec *", "cron 5 4 3 2 sun-sat", "cron 5 4 3 12 0-7"])),
        Entry("Scheduling/Interval+parsing.swift", "lacks an interval", .specs(["every 5 minutes", "every monday"])),
        Entry("Scheduling/Interval+parsing.swift", "lacks a unit", .specs(["every 5 minutes"])),
        Entry("Scheduling/Interval+parsing.swift", "should be", refusals),
        Entry("Scheduling/Interval+parsing.swift", "a day of the week has no interval", refusals),
        Entry(
            "Scheduling/Interval+parsing.swift", "use seconds, minutes, hours, days, weeks, a day of the week",
            .specs(
                ["seconds", "minutes", "hours", "days", "weeks"].map { "every 2 to 3 \($0)" } + [
                    "every sunday at 10:30"
                ])),
        Entry("Scheduling/Interval+parsing.swift", "to\\\" lacks a number", .specs(["every 5 to 10 minutes"])),
        Entry("Scheduling/Interval+parsing.swift", "at\\\" lacks a time", .specs(["every day at 10:30"])),
        Entry("Scheduling/Interval+parsing.swift", "two digits on each side", .specs(["every day at 09:05"])),
        Entry(
            "Scheduling/Interval+parsing.swift", "the unit is missing",
            .specs(
                ["seconds", "minutes", "hours", "days", "weeks", "monday"].map { "every \($0)" })),
        Entry("Scheduling/Interval+parsing.swift", "goes down: write", refusals),
        Entry(
            "Scheduling/Interval+parsing.swift", "more than 100 years",
            .specs(
                ["every 3155760000 seconds", "every 52596000 minutes", "every 36525 days", "every 5217 weeks"])),
        Entry(
            "Scheduling/Interval+parsing.swift", "use 1 or more", .specs(["every 1 minutes", "every 1 to 2 minutes"])),
        Entry("Scheduling/SchedulingSpec+parsing.swift", "did you mean", refusals),
        Entry("Scheduling/SchedulingSpec+parsing.swift", "at 2030-12-24 18:30", .specs(["at 2030-12-24 18:30"])),
        Entry("Scheduling/SchedulingSpec+parsing.swift", "in Europe/Warsaw", .specs(["every day in Europe/Warsaw"])),
        Entry(
            "Scheduling/SchedulingSpec+parsing.swift", "such as Europe/Warsaw", .specs(["every day in Europe/Warsaw"])),
        Entry(
            "Scheduling/SchedulingSpec+parsing.swift", "with jitter 5 minutes",
            .specs(
                ["every day with jitter 5 minutes"])),
        Entry(
            "Scheduling/SchedulingSpec+parsing.swift", "use 1 to",
            .specs(
                [
                    "every day with jitter 1 minutes", "every day with jitter 52596000 minutes",
                    "every day with jitter 5217 weeks",
                ])),
        Entry(
            "Scheduling/TZifReader.swift", "use the zone of that name",
            .script("$spool next --zone Europe/Warsaw 'every day'")),
        Entry(
            "TimeZones/TimeZones.swift", "write it as in Europe/Warsaw or UTC",
            .script(
                "$spool next --zone Europe/Warsaw now; $spool next --zone UTC 'every day'")),
        Entry(
            "scrapy-spool/Client/Next.swift", "as in Europe/Warsaw",
            .script("$spool next --zone Europe/Warsaw 'every day'")),
        Entry(
            "scrapy-spool/Client/Next.swift", "as in 2026-12-24T18:00:00Z",
            .script(
                "$spool next --from 2026-12-24T18:00:00Z 'every day'")),
        Entry(
            "scrapy-spool/Client/Next.swift", "such as 2026-12-24T18:00:00Z",
            .script(
                "$spool next --from 2026-12-24T18:00:00Z 'every day'")),
    ]

    private static let configuration: [Entry] = [
        Entry("scrapy-spool/Server/Programs.swift", "or write off", .values(of: "uv", ["off"])),
        Entry("scrapy-spool/Server/ConfigurationReport.swift", "or write `uv = off`", .values(of: "uv", ["off"])),
        Entry(
            "ProjectPython/PackageFile.swift", "write a version as in 3.12",
            .test("accepted", in: "ProjectPythonTests/PythonSpecifierTests.swift")),
        Entry(
            "ProjectPython/PackageFile.swift", "or limits as in >=3.10,<3.13",
            .test("accepted", in: "ProjectPythonTests/PythonSpecifierTests.swift")),
        Entry(
            "ProjectPython/Requirements.swift", "write its path, as in ./package",
            .test("parts", in: "ProjectPythonTests/RequirementsTests.swift")),
        Entry(
            "ScrapydImport/ScrapydConfiguration.swift", "push it from its directory, with `scrapy-spool push`",
            .test("configuration", in: "ScrapydImportTests/ScrapydStoreTests.swift")),
        Entry(
            "SpoolModel/Options/FailRule.swift", "rules joined by commas",
            .test("refused", in: "EndToEndTests/OptionTests.swift")),
        Entry(
            "SpoolModel/Options/OptionText.swift", "a time such as",
            .test("refused", in: "EndToEndTests/OptionTests.swift")),
        Entry(
            "SpoolModel/Options/OptionText.swift", "a size such as",
            .test("refused", in: "EndToEndTests/OptionTests.swift")),
        Entry(
            "SpoolConfiguration/Configuration+jobs.swift", "did you mean",
            .test("jobs", in: "SpoolConfigurationTests/ConfigurationTests.swift")),
        Entry(
            "SpoolConfiguration/Configuration+rules.swift", "could run code",
            .script(
                """
                echo x | $spool passwd --file users alice
                check="$spool serve --spool spool --scrapy $scrapy --check-config --interface 192.0.2.1:7654"
                ! $check
                printf '[web]\\nauth = on\\nauth-db = users\\n' > one
                printf '[web]\\ninsecure-no-auth = on\\n' > other
                $check --config one; $check --config other; $check --auth --auth-db users
                """)),
        Entry(
            "SpoolConfiguration/Configuration+sources.swift", "scrapy-spool serve --check-config",
            .script(
                // Not with -q, which ends before it has read everything, and the writer with it.
                "$spool serve --spool spool --scrapy $scrapy --check-config | grep job-slots > said")),
        Entry(
            "SpoolConfiguration/Configuration+sources.swift", "did you mean [",
            .script(
                """
                printf '[wbe]\\nauth = off\\n' > file
                ! $spool serve --spool spool --scrapy $scrapy --check-config --config file 2> said
                sed -i "s/\\[wbe\\]/$(grep -o 'did you mean [^?]*' said | cut -d' ' -f 4)/" file
                $spool serve --spool spool --scrapy $scrapy --check-config --config file
                """)),
        Entry(
            "SpoolConfiguration/Configuration+sources.swift", "did you mean `",
            .script(
                """
                printf '[scrapy-do]\\njob_slots = 2\\n' > file
                ! $spool serve --spool spool --scrapy $scrapy --check-config --config file 2> said
                sed -i "s/job_slots/$(grep -o 'did you mean `[^`]*' said | cut -d'`' -f 2)/" file
                $spool serve --spool spool --scrapy $scrapy --check-config --config file
                """)),
        Entry(
            "SpoolConfiguration/Value.swift", "write 90, 90s, 5m or 2h",
            .values(of: "client-timeout", ["90", "90s", "5m", "2h"])),
        Entry(
            "SpoolConfiguration/Value.swift", "write 30d, 12h, 90m or 600s",
            .values(of: "keep", ["36500d", "off", "30d", "12h", "90m", "600s"])),
        Entry(
            "SpoolConfiguration/Value.swift", "has no unit; write",
            .values(of: "keep-failed", ["30d"])),
        Entry("SpoolConfiguration/Value.swift", "is less than 1M; write", .values(of: "keep-size", ["20G", "off"])),
        Entry(
            "SpoolConfiguration/Value.swift", "is not the name of a Python module",
            .values(of: "warm-libraries", ["lxml.html"])),
        Entry(
            "scrapy-spool/Server/Serve.swift", "Modules to keep in memory for warm spiders",
            .values(of: "warm-libraries", ["pandas"])),
        Entry("SpoolConfiguration/Value.swift", "is not a size", .values(of: "upload-limit", ["512M"])),
        Entry("SpoolConfiguration/Value.swift", "write project:slurm", .values(of: "executors", ["project:slurm"])),
        Entry(
            "SpoolConfiguration/Value.swift", "write https://example.org",
            .values(of: "allowed-origins", ["https://example.org"])),
        Entry(
            "SpoolConfiguration/Value.swift", "is not an address to listen at",
            .values(
                of: "interfaces", ["127.0.0.1:7654", "[::1]:7654", "unix:/path"])),
        Entry(
            "SpoolConfiguration/Value.swift", "an address to listen at is missing",
            .values(
                of: "interfaces", ["127.0.0.1:7654"])),
        Entry(
            "SpoolHTTP/Access/TrustedProxies.swift", "is no address; write",
            .values(
                of: "trusted-proxies", ["127.0.0.1", "10.0.0.0/8", "::1", "unix"])),
        Entry(
            "scrapy-spool/Server/Serve.swift", "such as https://example.org",
            .script(
                "$spool serve --spool spool --scrapy $scrapy --check-config --allowed-origin https://example.org")),
        Entry(
            "INI/Interpolation.swift", "write %% for a percent sign",
            .script(
                """
                printf '[web]\\nserver-names = a%%b\\n' > file
                ! $spool serve --spool spool --scrapy $scrapy --check-config --config file
                printf '[web]\\nserver-names = a%%%%b\\n' > file
                $spool serve --spool spool --scrapy $scrapy --check-config --config file
                """)),
        Entry(
            "Authentication/CredentialFile.swift", "passwd --file",
            .script(
                """
                echo x | $spool passwd --file users USER
                $spool serve --spool spool --scrapy $scrapy --check-config --auth --auth-db users
                """)),
        Entry(
            "Authentication/CredentialFile.swift", "chmod 600",
            .script(
                """
                echo a:b > users; chmod 644 users
                check="$spool serve --spool spool --scrapy $scrapy --check-config --auth --auth-db $PWD/users"
                ! $check 2> said
                $(grep -o 'chmod 600 .*' said)
                $check
                """)),
    ]

    private static let declared = Trial.test("mistake", in: "EndToEndTests/DeclaredScheduleTests.swift")
    private static let changed = Trial.test("refusal", in: "EndToEndTests/ScheduleChangeTests.swift")

    private static let requests: [Entry] = [
        Entry("SpoolHTTP/Pushing/ScheduleSections.swift", "has no name: write", declared),
        Entry("SpoolHTTP/Pushing/ScheduleSections.swift", "as in [scrapy-spool schedule nightly]", declared),
        Entry("SpoolHTTP/Pushing/ScheduleSections.swift", "did you mean", declared),
        Entry("SpoolHTTP/Endpoints/API+changeSchedule.swift", "send a field of schedule-job.json such as", changed),
        Entry("SpoolHTTP/Endpoints/API+changeSchedule.swift", "did you mean", changed),
        Entry(
            "SpoolHTTP/Scrapyd/ScrapydSite+projects.swift", "use egg=@path",
            .test("messages", in: "EndToEndTests/ScrapydTests.swift")),
        Entry(
            "ProjectArchive/ProjectLayoutError.swift", "write settings = NAME.settings",
            .test("badSettings", in: "ProjectArchiveTests/EggTests.swift")),
        Entry(
            "SpoolHTTP/Parameters+unread.swift", "write \\(shown)=VALUE",
            .test("cut", in: "EndToEndTests/UnreadFieldTests.swift")),
        Entry(
            "SpoolModel/Options/JobOptions+json.swift", "is no member: write",
            .test("unknownMembers", in: "SpoolModelTests/JobOptionsTests.swift")),
        Entry(
            "SpoolModel/Options/JobOptions+json.swift", ": did you mean",
            .test("unknownMembers", in: "SpoolModelTests/JobOptionsTests.swift")),
        Entry(
            "SpoolModel/WaitReason.swift", "`scrapy-spool resume` releases it", .commands(["resume"])),
        Entry(
            "ProjectArchive/ProjectLayoutError.swift", "`scrapy-spool push`",
            .test("build", in: "EndToEndTests/ArchiveShapeTests.swift")),
        Entry(
            "SpoolHTTP/Advice.swift", "did you mean \\(other)", .test("nearest", in: "EndToEndTests/AdviceTests.swift")),
        Entry(
            "SpoolHTTP/Advice.swift", "did you mean \\(nearest)",
            .test("nearest", in: "EndToEndTests/AdviceTests.swift")),
        Entry("SpoolHTTP/Advice.swift", "write the whole id", .test("requests", in: "EndToEndTests/AdviceTests.swift")),
        Entry("SpoolHTTP/FieldAdvice.swift", "did you mean", .test("nearest", in: "EndToEndTests/AdviceTests.swift")),
        Entry("SpoolHTTP/JSONForm.swift", "as in {", .test("nearest", in: "EndToEndTests/AdviceTests.swift")),
        Entry(
            "SpoolHTTP/Pushing/ArchiveText.swift", "as in ", .test("text", in: "EndToEndTests/ArchiveShapeTests.swift")),
        Entry(
            "SpoolHTTP/Pushing/ArchiveText.swift", "write `-F",
            .test("name", in: "EndToEndTests/ArchiveShapeTests.swift")),
        Entry(
            "SpoolHTTP/Pushing/ArchiveText.swift", "archive=@",
            .test("name", in: "EndToEndTests/ArchiveShapeTests.swift")),
        Entry(
            "SpoolHTTP/Pushing/SpiderChange.swift", "send the field",
            .test("empty", in: "EndToEndTests/SpiderListTests.swift")),
        Entry("SpoolHTTP/RequestPath.swift", "write %25", .test("nearest", in: "EndToEndTests/AdviceTests.swift")),
        Entry(
            "SpoolModel/JSONParser.swift", "write it as an escape",
            .script(
                "! $spool schedule p s --payload $'\"a\\tb\"' --url http://127.0.0.1:1 2> said; grep -q escape said; "
                    + "! $spool schedule p s --payload '\"a\\tb\"' --url http://127.0.0.1:1 2> said; ! grep -q escape said"
            )),
        Entry("SpoolModel/Payload.swift", "write ", .test("hints", in: "SpoolModelTests/PayloadTests.swift")),
    ]

    private static let programs: [Entry] = [
        Entry(
            "scrapy-spool/Client/Edit.swift", "such as arg.category or time-limit",
            .test("program", in: "EndToEndTests/ScheduleChangeTests.swift")),
        Entry("SpoolCheck/TreeCheck+top.swift", "scrapy-spool resume", .commands(["resume"])),
        Entry(
            "SpoolClient/ClientSettings+file.swift", "chmod 600",
            .script(
                """
                printf '[scrapy-spool]\\nurl = http://127.0.0.1:1\\npassword = x\\nusername = y\\n' > .scrapy-spool.cfg
                chmod 644 .scrapy-spool.cfg; export HOME=$PWD
                $spool projects 2> said && exit 1; grep -q 'chmod 600' said
                $(grep -o 'chmod 600 .*' said)
                $spool projects 2> said && exit 1; ! grep -q 'chmod 600' said
                """)),
        Entry(
            "SpoolClient/Connection.swift", "use an https URL",
            .script(
                """
                export SCRAPY_SPOOL_TOKEN=x
                status=0; $spool projects --url http://192.0.2.1:1 || status=$?; [ $status = 64 ]
                status=0; $spool projects --url https://127.0.0.1:1 || status=$?; [ $status = 69 ]
                """)),
        Entry(
            "SpoolClient/ServerAddress.swift", "write the path of the socket",
            .script(
                """
                for url in http+unix://%2Fnone%2Fsocket unix:/none/socket; do
                    status=0; $spool projects --url $url || status=$?; [ $status = 69 ]
                done
                """)),
        Entry(
            "SpoolClient/ServerAddress.swift", "as in http://[::1]:7654",
            .script(
                "status=0; $spool projects --url 'http://[::1]:1' || status=$?; [ $status = 69 ]")),
        Entry("SpoolStore/JobDirectory.swift", "`scrapy-spool check` shows how", .commands(["check"])),
        Entry("SpoolEngine/Engine+reconcile.swift", "scrapy-spool check --repair", .commands(["check --repair"])),
        Entry("SpoolStore/Spool+projects.swift", "scrapy-spool check --repair", .commands(["check --repair"])),
        Entry(
            "SpoolStore/Spool.swift", "does not say `scrapy-spool 1`",
            .test("commands", in: "EndToEndTests/ReadmeTests.swift")),
        Entry(
            "SpoolStore/Spool.swift", "use a newer scrapy-spool",
            .test("commands", in: "EndToEndTests/ReadmeTests.swift")),
        Entry("scrapy-spool/Client/ScrapySpool+unknown.swift", "scrapy-spool --help", .script("$spool --help")),
        Entry(
            "scrapy-spool/Client/ScrapySpool+unknown.swift", "did you mean",
            .script(
                """
                for word in shedule lgo deploy cancle; do
                    $spool $word 2> said && exit 1
                    $spool $(grep -o 'did you mean `[^`]*' said | cut -d'`' -f 2) --help
                done
                """)),
        Entry("scrapy-spool/Server/Serve.swift", "scrapy-spool resume", .commands(["resume"])),
        Entry("scrapy-spool/Server/Serve.swift", "scrapy-spool passwd", .commands(["passwd"])),
    ]
}
