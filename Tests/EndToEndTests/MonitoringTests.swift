import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Monitoring", .fewAtATime)
struct MonitoringTests {
    /// The value of a sample.
    private func sample(_ name: String, in text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }

    @Test("Metrics count what jobs did, in both formats, and promtool finds no fault with them")
    func metrics() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "2")
            try await server.push(Archives.trouble)
            for spider in ["quick", "quick", "fail"] {
                _ = try await server.ended(try await server.schedule("trouble/\(spider)"))
            }
            let running = try await server.schedule("trouble/hang")
            _ = try await server.running(running)
            _ = try await server.schedule("trouble/echo", when: "every day at 04:00")
            let answer = try await server.curl("metrics")
            #expect(answer.status == 200 && answer[field: "content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let text = answer.text
            let spider = #"{project="trouble",spider="quick""#
            #expect(
                sample(#"scrapyspool_jobs_finished_total\#(spider),outcome="SUCCESSFUL"}"#, in: text) == "2", "\(text)")
            #expect(
                text.split(separator: "\n").contains {
                    $0.hasPrefix(#"scrapyspool_jobs_finished_total{project="trouble",spider="fail",outcome="FAILED""#)
                })
            #expect(sample(#"scrapyspool_jobs{state="RUNNING"}"#, in: text) == "1")
            #expect(sample(#"scrapyspool_jobs{state="SCHEDULED"}"#, in: text) == "1")
            #expect(sample("scrapyspool_slots_used", in: text) == "1" && sample("scrapyspool_slots", in: text) == "2")
            #expect(sample(#"scrapyspool_job_duration_seconds_count\#(spider)}"#, in: text) == "2")
            #expect(sample("scrapyspool_job_start_delay_seconds_count", in: text) == "4")
            #expect(sample(#"scrapyspool_last_success_timestamp_seconds\#(spider)}"#, in: text) != nil)
            #expect(
                sample(#"scrapyspool_last_success_timestamp_seconds{project="trouble",spider="fail"}"#, in: text) == nil
            )
            #expect(
                sample(#"scrapyspool_last_end_timestamp_seconds{project="trouble",spider="fail"}"#, in: text) != nil)
            let next = #"scrapyspool_schedule_next_timestamp_seconds{project="trouble",spider="echo"}"#
            #expect(sample(next, in: text) != nil)
            try File.write(text, to: "\(folder.path)/metrics")
            try await folder.shell("promtool check metrics < '\(folder.path)/metrics'")
            let open = try await server.curl("metrics", "-H", "Accept: application/openmetrics-text; version=1.0.0")
            #expect(open[field: "content-type"]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
            #expect(open.text.hasSuffix("# EOF\n") && open.text.contains("# TYPE scrapyspool_jobs_finished counter\n"))
        }
    }

    @Test("Counts begin anew with a server, and the last ends of spiders are known after it as before")
    func restart() async throws {
        try await Folder.with { folder in
            let first = try await Server(in: folder)
            try await first.push(Archives.trouble)
            _ = try await first.ended(try await first.schedule("trouble/quick"))
            let name = #"scrapyspool_last_success_timestamp_seconds{project="trouble",spider="quick"}"#
            let before = try #require(sample(name, in: try await first.curl("metrics").text))
            try await first.process.end(by: SIGKILL)
            let second = try await Server(in: folder)
            // A list waits until all finished jobs are known, and a scrape does not.
            #expect(try await second.jobs("COMPLETED").count == 1)
            let text = try await second.curl("metrics").text
            #expect(sample(name, in: text) == before, "\(text)")
            #expect(!text.contains(#"jobs_finished_total{project="trouble""#))
            _ = try await second.ended(try await second.schedule("trouble/quick"))
            let after = try #require(sample(name, in: try await second.curl("metrics").text))
            #expect(after > before)
        }
    }

    @Test(
        "Prometheus scrapes it, with a login",
        .enabled(if: Place.program("prometheus") != nil, "Prometheus is not installed: run tools/setup --test"))
    func prometheus() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags, habits: users.alice)
            #expect(try await server.curl("metrics").status == 200)
            let token = try await users.token("read", of: "alice", in: folder)
            try File.write(token, to: "\(folder.path)/token")
            let targets =
                #"scrape_configs: [{job_name: spool, authorization: {credentials_file: token}, "#
                + #"static_configs: [{targets: ["\#(server.address)"]}]}]"#
            try File.write("global: {scrape_interval: 1s}\n\(targets)\n", to: "\(folder.path)/prometheus.yml")
            let child = try folder.start([
                "prometheus", "--config.file=\(folder.path)/prometheus.yml", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:0",
            ])
            let line = try await child.awaitLine("Listening on", in: folder)
            let address = try #require(
                line.firstRange(of: "address=").map { line[$0.upperBound...].prefix { $0 != " " } })
            let query = "http://\(address)/api/v1/query?query=scrapyspool_build_info"
            // Prometheus tells nobody when it has scraped.
            try await folder.shell(
                "for i in $(seq 900); do curl -s '\(query)' | grep -q '\"version\"' && exit 0; sleep 0.2; done; exit 1")
            try await child.end(by: SIGTERM)
        }
    }

    @Test("Without a login it is told whether the server works, and nothing else")
    func open() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            let health = try await server.curl("healthz")
            #expect(health.status == 200 && health.text == "{\"status\": \"ok\"}\n")
            // The engine may still be reading the spool, or be too busy to answer in its five seconds.
            func settled(_ path: String, _ options: String...) async throws -> Answer {
                let deadline = ContinuousClock.now + patience
                var answer = try await server.curl(path, options: options)
                while answer.status == 503, .now < deadline { answer = try await server.curl(path, options: options) }
                return answer
            }
            let ready = try await settled("readyz")
            #expect(ready.status == 200, "\(ready.text)")
            #expect(
                ready.text
                    == #"{"status": "ok", "checks": {"engine": "ok", "spool": "ok", "disk": "ok", "held": "ok"}}"#
                    + "\n")
            #expect(try await server.curl("metrics").status == 401)
            #expect(try await settled("readyz", "-I").status == 200)
            #expect(try await server.curl("healthz", "-d", "x=1").status == 405)
            #expect(try await settled("readyz?wait=1").text.contains("warnings"))
        }
    }

    @Test("A copy is not ready until it is released")
    func held() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await folder.run("cp", "-a", server.spool, "\(folder.path)/copy")
            let held = try await Server(in: folder, spool: "copy")
            let answer = try await held.curl("readyz")
            #expect(answer.status == 503, "\(answer.text)")
            #expect(try answer.json["status"] == .string("error"))
            #expect(try answer.json["msg"]?.text == "Not ready: the spool is held, because it is a copy")
            #expect(try await held.curl("healthz").status == 200)
        }
    }
}
