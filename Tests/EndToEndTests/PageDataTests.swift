import LinuxSystem
import SpoolModel
import Testing

@Suite("What the page asks for", .fewAtATime)
struct PageDataTests {
    @Test("The next runs of a spec, or what is wrong with it")
    func nextRuns() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let good = try await server.ok(
                "next-runs.json", "-G", "-d", "count=3", "--data-urlencode", "when=cron 0 4 * * 1-5 in Europe/Warsaw")
            #expect(good["summary"]?.text == "at 04:00 on Monday to Friday in Europe/Warsaw")
            #expect(good["zone"] == .string("Europe/Warsaw"))
            let times = good["next"]?.texts.compactMap { Timestamp(rfc3339: $0) } ?? []
            #expect(times.count == 3 && times == times.sorted())
            #expect(try await server.ok("next-runs.json?when=now")["next"] == .array([]))
            let bad = try await server.ok("next-runs.json?when=every+full+moon")
            #expect(bad["error"]?.text?.isEmpty == false && bad["next"] == nil)
            #expect(try await server.ok("next-runs.json?when=every+day+in+Mars/Olympus")["error"]?.text != nil)
        }
    }

    @Test("The next runs of a schedule are those that are planned, whatever the spec would give by itself")
    func nextRunsOfSchedule() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            func next(_ id: JobID, _ more: String = "") async throws -> (times: [Timestamp], answer: JSON) {
                let answer = try await server.ok("next-runs.json?id=\(id)\(more)")
                return (answer["next"]?.texts.compactMap { Timestamp(rfc3339: $0) } ?? [], answer)
            }
            let id = try await server.schedule("trouble/quick", when: "every 3 hours with jitter 5 minutes")
            let planned = try await server.waitFor("is planned", of: id) { $0[.next] != nil }
            let first = try #require(planned[.next]), due = planned[.due] ?? first
            let (times, answer) = try await next(id, "&count=4")
            #expect(times.count == 4 && times[0] == first && answer["spec"]?.text?.hasPrefix("every 3 hours") == true)
            // Each is counted from the time before without its jitter.
            for (number, time) in times.enumerated() {
                #expect(
                    (0...300_000_000).contains(time.microseconds(since: due.adding(seconds: Int64(number) * 10_800))))
            }
            #expect(answer["paused"] == nil)
            _ = try await server.ok("pause-schedule.json", "-F", "id=\(id)")
            let paused = try await next(id)
            #expect(paused.times.count == 5 && paused.times[0] == first && paused.answer["paused"]?.text != nil)

            let once = try await server.schedule("trouble/quick", when: "at 2099-01-01 12:00")
            _ = try await server.waitFor("is planned", of: once) { $0[.next] != nil }
            #expect(try await next(once).times.count == 1)

            let ended = try await server.schedule("trouble/quick")
            _ = try await server.ended(ended)
            for (query, message) in [
                ("id=\(ended)", "only schedules have next runs"), ("id=none", "No such job"), ("", "Neither argument"),
                ("id=\(id)&when=now", "neither \"when\""), ("id=\(id)&after=2040-01-01T00:00:00Z", "nor \"after\""),
                ("id=\(id)&count=101", "\"count\""),
            ] {
                let answer = try await server.curl("next-runs.json?\(query)")
                #expect(answer.status == 400 && answer.message?.contains(message) == true, "\(answer.text)")
            }
            let child = try folder.start(
                [try Place.server(), "next", "\(id)", "every 2 hours", "--count", "2", "--json"],
                environment: Host.environment() + ["SCRAPY_SPOOL_URL=http://\(server.address)", "HOME=/nowhere"])
            #expect(try await child.wait().exit == 0, "\(child.said)")
            let list = try JSON(parsing: File.text(child.out)).elements ?? []
            #expect(list.count == 2 && list[0]["id"]?.text == "\(id)" && list[0]["paused"]?.text != nil)
            #expect(list[0]["next"]?.texts.first.flatMap { Timestamp(rfc3339: $0) } == first)
            #expect(list[1]["spec"]?.text == "every 2 hours" && list[1]["next"]?.texts.count == 2)
            let wrong = try folder.start(
                [try Place.server(), "next", "\(ended)", "--url", "http://\(server.address)"])
            #expect(try await wrong.wait().exit == 1)
        }
    }

    @Test("A list of jobs is filtered and paged, and is what it was without that")
    func lists() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            try await server.push(Archives.bookshop)
            for number in 1...5 {
                _ = try await server.schedule("trouble/quick", when: "every 2 days", payload: "{\"n\": \(number)}")
            }
            _ = try await server.schedule("bookshop/books", when: "every 3 days")
            _ = try await server.ok(
                "schedule-job.json", "-F", "project=trouble", "-F", "spider=echo", "-F", "when=every 4 days",
                "-F", "description=line\nbreak")
            let all = try await server.ids("ACTIVE")
            #expect(try await server.ok("list-jobs.json?status=ACTIVE").names == ["status", "jobs"])
            var seen: [JobID] = []
            var after = ""
            while true {
                let page = try await server.ok("list-jobs.json?status=ACTIVE&limit=4\(after)")
                let ids = page["jobs"]?.elements?.compactMap { $0["identifier"]?.text.flatMap { JobID($0) } } ?? []
                #expect(page["total"] == .number(7))
                seen += ids
                guard page["more"] == .bool(true), let last = ids.last else { break }
                after = "&after=\(last)"
            }
            #expect(seen == all)
            func count(_ query: String) async throws -> Int? {
                try await server.ok("list-jobs.json?status=ACTIVE&\(query)")["jobs"]?.elements?.count
            }
            #expect(try await count("project=trouble") == 6)
            #expect(try await count("spider=books") == 1)
            #expect(try await count("project=trouble&spider=books") == 0)
            #expect(try await count("text=%22N%22:+3") == 1)
            #expect(try await count("text=\(all[0])") == 1)
            #expect(try await count("text=break") == 1)
            #expect(try await count("text=nbreak") == 0, "a letter of an escape is no letter of the text")
            let job = try await server.ok("list-jobs.json?id=\(all[0])&facts=1")["jobs"]?.elements?.first
            #expect(job?["facts"]?["next"]?.text.flatMap { Timestamp(rfc3339: $0) } != nil)
            #expect(try await server.ok("list-jobs.json?id=\(all[0])")["jobs"]?.elements?.first?["facts"] == nil)
        }
    }

    @Test("Jobs are selected by their schedule and by days, in any order, and counted by state")
    func selections() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let schedule = try await server.schedule("shop/fast", when: "every 1 second")
            var runs: [JobID] = []
            func list(_ query: String) async throws -> JSON { try await server.ok("list-jobs.json?\(query)") }
            func ids(_ query: String) async throws -> [JobID] {
                try await list(query)["jobs"]?.elements?.compactMap { $0["identifier"]?.text.flatMap { JobID($0) } }
                    ?? []
            }
            let deadline = ContinuousClock.now + patience
            repeat {
                runs = try await ids("status=SUCCESSFUL&fired-by=\(schedule)")
            } while runs.count < 3 && .now < deadline
            #expect(runs.count >= 3)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(schedule)")
            let later = try await server.schedule("shop/fast", when: "every 9 days")
            let sooner = try await server.schedule("shop/fast", when: "every 5 days")
            let own = try await server.schedule("shop/fast")
            for id in try await ids("status=ACTIVE&fired-by=\(schedule)") + [own] { _ = try await server.ended(id) }
            runs = try await ids("status=COMPLETED&fired-by=\(schedule)")
            #expect(!runs.contains(own) && !runs.contains(schedule))
            let all = try await ids("status=ALL")
            #expect(Set(all) == Set(runs + [own, schedule, later, sooner]) && Set(all.prefix(2)) == [later, sooner])
            #expect(try await ids("status=ALL&order=next").first == sooner)
            #expect(try await ids("status=ALL&text=9+days") == [later])
            let finished = try await ids("status=COMPLETED")
            for order in ["newest", "oldest", "longest"] {
                var (seen, after): ([JobID], String) = ([], "")
                while true {
                    let page = try await list("status=COMPLETED&order=\(order)&limit=2\(after)")
                    let some = page["jobs"]?.elements?.compactMap { $0["identifier"]?.text.flatMap { JobID($0) } } ?? []
                    seen += some
                    #expect(page["total"] == .number(finished.count))
                    guard page["more"] == .bool(true), let last = some.last else { break }
                    after = "&after=\(last)"
                }
                if order != "longest" { #expect(seen == (order == "newest" ? finished : finished.reversed())) }
                #expect(Set(seen) == Set(finished) && seen.count == finished.count, "\(order)")
            }
            let durations = try await list("status=COMPLETED&order=longest")["jobs"]?.elements?.map {
                $0["duration"]?.integer ?? -1
            }
            #expect(durations == durations?.sorted(by: >))
            let counts = try await list("status=FAILED&counts=1")["counts"]
            #expect(counts?["SCHEDULED"] == .number(2) && counts?["CANCELED"] == .number(1))
            #expect(counts?["SUCCESSFUL"] == .number(runs.count + 1) && counts?["RUNNING"] == .number(0))
            #expect(try await list("status=ACTIVE&counts=1")["total"] == .number(2))
            let day = try #require(try await server.ok("statistics.json?days=1")["days"]?.elements?.last?["day"]?.text)
            #expect(try await ids("status=COMPLETED&since=1970-01-01&until=\(day)") == finished)
            #expect(try await ids("status=COMPLETED&until=2020-02-29").isEmpty)
            #expect(try await ids("status=ALL&since=9999-12-31&until=0001-01-01").isEmpty)
            for query in [
                "since=2026-02-30", "until=yesterday", "order=best", "fired-by=x", "counts=yes", "first-error=2",
            ] {
                #expect(try await server.curl("list-jobs.json?status=ALL&\(query)").status == 400, "\(query)")
            }
            #expect(try await server.curl("next-runs.json?when=now&after=soon").status == 400)
            let next = try await server.ok("next-runs.json?when=every+day+at+03:30&after=2040-01-01T00:00:00Z")["next"]
            #expect(next?.texts.first?.hasPrefix("2040-01-0") == true)
        }
    }

    @Test("A list has the first error of each job where that is asked for, and else is what it was")
    func firstErrors() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let bad = try await server.schedule("trouble/fail")
            let good = try await server.schedule("trouble/quick")
            for id in [bad, good] { _ = try await server.ended(id) }
            let alone = try await server.ok("list-jobs.json?id=\(bad)&facts=1")["jobs"]?.elements?.first
            func errors(_ path: String, _ list: String) async throws -> [JSON?] {
                try await server.ok(path)[list]?.elements?.map { $0["facts"]?["first-error"] } ?? []
            }
            for _ in 0..<2 {
                #expect(try await errors("list-jobs.json?status=FAILED&facts=1", "jobs") == [nil])
                #expect(
                    try await errors("list-jobs.json?status=FAILED&first-error=1", "jobs")
                        == [alone?["facts"]?["first-error"]])
                #expect(try await errors("list-jobs.json?status=SUCCESSFUL&first-error=1", "jobs") == [nil])
            }
            #expect(try await errors("overview.json", "failed") == [nil])
            #expect(try await errors("overview.json?first-error=1", "failed") == [alone?["facts"]?["first-error"]])
        }
    }

    @Test("The overview and the projects say what happened")
    func overview() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "2")
            try await server.push(Archives.trouble)
            let failed = try await server.schedule("trouble/fail")
            _ = try await server.ended(failed)
            let hang = try await server.schedule("trouble/hang")
            _ = try await server.running(hang)
            let overview = try await server.ok("overview.json")
            #expect(overview["job-slots"] == .number(2) && overview["counts"]?["RUNNING"] == .number(1))
            #expect(overview["active"]?.elements?.first?["identifier"]?.text == hang.description)
            #expect(overview["failed"]?.elements?.first?["facts"]?["exit"] == .number(3))
            #expect(overview["days"]?.elements?.count == 14)
            #expect(overview["days"]?.elements?.last?["FAILED"] == .number(1))
            let projects = try await server.ok("describe-projects.json")["projects"]?.elements
            let spiders = projects?.first?["spiders"]?.elements ?? []
            let last = Dictionary(
                uniqueKeysWithValues: spiders.map { ($0["name"]?.text ?? "", $0["last"]?["status"]?.text) })
            #expect(last["fail"] == "FAILED" && last["hang"] == "RUNNING" && last["echo"] == .some(nil))
        }
    }

    @Test("Statistics tell of each day how many jobs ended how, and how long they ran")
    func statistics() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            for spider in ["quick", "quick", "fail"] {
                _ = try await server.ended(try await server.schedule("trouble/\(spider)"))
            }
            let days = try await server.ok("statistics.json?days=3")["days"]?.elements ?? []
            #expect(days.count == 3 && days[0]["median"] == .null && days[0]["SUCCESSFUL"] == .number(0))
            let today = try #require(days.last)
            #expect(today["SUCCESSFUL"] == .number(2) && today["FAILED"] == .number(1))
            let durations = try await server.jobs("COMPLETED").compactMap { $0["duration"]?.integer }.sorted()
            #expect(today["median"]?.integer == durations[1] && today["p90"]?.integer == durations[2])
            #expect(today["seconds"]?.integer == durations.reduce(0, +))
            let some = try await server.ok("statistics.json?days=1&project=trouble&spider=fail")["days"]?.elements?.last
            #expect(some?["SUCCESSFUL"] == .number(0) && some?["FAILED"] == .number(1))
            for days in ["0", "367", "x"] {
                #expect(try await server.curl("statistics.json?days=\(days)").status == 400, "\(days)")
            }
        }
    }

    @Test("Finished jobs are filtered, searched and paged; what is changed by hand shows")
    func finished() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            var ids: [JobID] = []
            for text in ["Größe", "a \\\"b\\\" 100%", "plain"] {
                let id = try await server.schedule("trouble/quick", payload: "{\"text\": \"\(text)\"}")
                _ = try await server.ended(id)
                ids.insert(id, at: 0)
            }
            func found(_ query: String) async throws -> [JobID] {
                let list = try await server.ok(
                    "list-jobs.json", "-G", "-d", "status=COMPLETED", "--data-urlencode", query)
                return list["jobs"]?.elements?.compactMap { $0["identifier"]?.text.flatMap { JobID($0) } } ?? []
            }
            #expect(try await found("limit=2") == Array(ids.prefix(2)))
            #expect(try await found("after=\(ids[0])") == Array(ids.dropFirst()))
            #expect(try await found("text=QUICK") == ids)
            #expect(try await found("text=B\\\" 100%") == [ids[1]])
            #expect(try await found("text=timestamp") == [], "names of members are not searched")
            #expect(try await found("text=\(ids[1])") == [ids[1]])
            #expect(
                try await server.curl("list-jobs.json?status=COMPLETED&after=\(JobID(high: 1, low: 2))").status == 400)
            let status = server.directory(of: ids[2]) + "/status"
            try File.write(try File.text(status).replacing("SUCCESSFUL", with: "FAILED"), to: status)
            // Nothing tells of it: each question has the server look, at most once a second.
            let deadline = ContinuousClock.now + patience
            while try await server.ids("FAILED") != [ids[2]], .now < deadline {}
            #expect(try await server.ids("FAILED") == [ids[2]])
            try await folder.run("rm", "-r", server.directory(of: ids[1]))
            #expect(try await found("limit=9") == [ids[0], ids[2]])
        }
    }

    @Test("A list with facts has those that each job has alone, also when it is asked for again")
    func facts() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            var ids: [JobID] = []
            for _ in 0..<3 { ids.append(try server.make("shop/fast", ["tags": "a", "priority": "3"])) }
            for id in ids { _ = try await server.ended(id) }
            let list = "list-jobs.json?status=COMPLETED&facts=1"
            let first = try await server.ok(list)
            #expect(try await server.ok(list)["jobs"] == first["jobs"])
            var alone: [JSON] = []
            for job in first["jobs"]?.elements ?? [] {
                let id = job["identifier"]?.text ?? ""
                alone += try await server.ok("list-jobs.json?id=\(id)&facts=1")["jobs"]?.elements ?? []
            }
            #expect(first["jobs"] == .array(alone) && alone.count == 3)
            // A job that has ended since, and one whose status was changed by hand.
            let last = try await server.schedule("shop/fast")
            _ = try await server.ended(last)
            let status = server.directory(of: ids[0]) + "/status"
            var changed = try server.status(of: ids[0])
            changed[.items] = 77
            try File.write(changed.line, to: status + ".new")
            try File.rename(status + ".new", to: status)
            // Nothing tells of it: each question has the server look, at most once a second.
            let deadline = ContinuousClock.now + patience
            var items: [JSON?] = []
            repeat {
                items = try await server.ok(list)["jobs"]?.elements?.map { $0["facts"]?["items"] } ?? []
            } while !items.contains(.number(77)) && .now < deadline
            #expect(items.count == 4 && items.contains(.number(77)), "\(items)")
        }
    }

    @Test("Parts of a log are served while its job runs")
    func parts() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            _ = try await server.file("job.err", of: id, containing: "hanging 3")
            let log = "get-log/data/\(id).err"
            let whole = server.log(of: id)
            let part = try await server.curl("\(log)?from=10&to=30")
            #expect(part.text == String(whole.dropFirst(10).prefix(20)) && part[field: "log-start"] == "10")
            #expect(try await server.curl("\(log)?from=99999999&to=99999999").body.isEmpty)
            for query in ["from=x", "tail=-1", "tail=1&from=2", "from=9&to=3"] {
                #expect(try await server.curl("\(log)?\(query)").status == 400, "\(query)")
            }
            let follower = try folder.start(["curl", "-sN", server.url("\(log)?tail=5")])
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await follower.wait().exit == 0)
            let tail = try File.text(follower.out)
            // However much the job wrote until it was canceled: nothing that was there before comes, but for the five bytes.
            let written = server.log(of: id).utf8.count - whole.utf8.count
            #expect(server.log(of: id).hasSuffix(tail) && (5...written + 5).contains(tail.utf8.count), "\(tail)")
            #expect(try await server.curl("\(log)?tail=7").text == String(server.log(of: id).suffix(7)))
            #expect(
                try await server.curl("\(log)?tail=7", "-r", "1-2").text
                    == String(server.log(of: id).suffix(6).prefix(2)))
        }
    }

    @Test("The files that a spider left are listed and kept, and nothing else")
    func files() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/echo")
            _ = try await server.ended(id)
            let work = server.directory(of: id) + "/work"
            try File.makeDirectory("\(work)/deep/er")
            try File.write("<script>", to: "\(work)/deep/er/größe \"1\".html")
            try await folder.run("ln", "-s", "/etc/passwd", "\(work)/out")
            try await folder.run("ln", "-s", "/etc", "\(work)/away")
            try await folder.run("mkfifo", "\(work)/pipe")
            let list = try await server.ok("list-files.json?id=\(id)")
            let paths = list["files"]?.elements?.compactMap { $0["path"]?.text } ?? []
            #expect(paths == ["deep/er/größe \"1\".html", "echo.json"], "\(paths)")
            func get(_ path: String) async throws -> Answer {
                try await server.curl("get-file", "-G", "-d", "id=\(id)", "--data-urlencode", "path=\(path)")
            }
            let page = try await get("deep/er/größe \"1\".html")
            #expect(page.text == "<script>" && page[field: "content-type"] == "application/octet-stream")
            #expect(page[field: "x-content-type-options"] == "nosniff")
            #expect(page[field: "content-disposition"] == "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.html")
            for path in [
                "out", "away/passwd", "../status", "/etc/passwd", "deep", "pipe", "none", "", ".",
                "trouble/settings.py",
            ] {
                let answer = try await get(path)
                #expect(answer.status == 404 && answer.message != nil, "\(path): \(answer.status) \(answer.text)")
            }
        }
    }
}
