internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

/// The pages `/` and `/jobs`.
extension ScrapydSite {
    /// `/`: the projects.
    ///
    /// - Parameter prefix: the path below which a proxy serves this site.
    func home(below prefix: String) async throws -> APIResponse {
        let names = try await api.look(into: api.projects) { $0.projects.map(\.name).sorted() }
        let list = names.map { "        <li>\(ScrapydPage.escaped($0.description))</li>\n" }.joined()
        let items =
            settings.hasItems
            ? "\n            <li><a href=\"\(ScrapydPage.escaped(prefix))/items/\">Items</a></li>" : ""
        let projects =
            names.isEmpty
            ? "    <p>No project was deployed yet.</p>" : "    <h2>Projects</h2>\n    <ul>\n\(list)    </ul>"
        return ScrapydPage.html(
            ScrapydPage.page(
                "Scrapyd",
                """
                    <h1>Scrapyd</h1>

                    <ul>
                        <li><a href="\(ScrapydPage.escaped(prefix))/jobs">Jobs</a></li>
                        <li><a href="\(ScrapydPage.escaped(prefix))/logs/">Logs</a></li>\(items)
                    </ul>

                \(projects)

                    <p>This is scrapy-spool. It answers clients of Scrapyd at this address: deploy with
                    <code>scrapyd-deploy</code>, and start a spider with
                    <code>scrapyd-client schedule -p PROJECT SPIDER</code>.</p>
                """))
    }

    /// The columns of `/jobs`. ScrapydWeb reads the cells by their order.
    private static let columns = [
        "Project", "Spider", "Job", "PID", "Start", "Runtime", "Finish", "Log", "Items", "Cancel",
    ]

    /// `/jobs`: all jobs in a table, which ScrapydWeb reads by regular expressions: rows and cells without attributes, one line
    /// each, all of them there.
    func jobsPage(below prefix: String) async throws -> APIResponse {
        let jobs = try await clientJobs()
        let (pending, running) = try await activeRows(of: jobs, below: prefix)
        let heads = ScrapydSite.columns.map { "<th>\($0)</th>" }.joined(separator: "\n")
        func head(_ title: String) -> String {
            "<tbody>\n<tr>\n<th colspan=\"\(ScrapydSite.columns.count)\">\(title)</th>\n</tr>\n"
        }
        func body(_ title: String, _ rows: [String]) -> String { "\(head(title))\(rows.joined())</tbody>\n" }
        // Where the rows of finished jobs are put.
        let mark = "<!-- finished -->"
        let page = ScrapydPage.page(
            "Scrapyd",
            "<h1>Jobs</h1>\n<p><a href=\"./\">Go up</a></p>\n<table id=\"jobs\">\n<thead>\n<tr>\n\(heads)\n</tr>\n</thead>\n"
                + body("Pending", pending) + body("Running", running) + head("Finished")
                + "\(mark)</tbody>\n</table>")
        let parts = page.split(separator: mark, maxSplits: 1)
        return .clientJobs(
            ClientJobList(
                ScrapydPage.fields, ByteBuffer(substring: parts.first ?? ""), jobs, of: nil, by: records(of: jobs),
                separator: "", ByteBuffer(substring: parts.last ?? "")
            ) { record in
                let job = JSON(ifValid: record.json)
                func text(_ name: String) -> String { job?[name]?.text ?? "" }
                return Array(
                    ScrapydSite.row(
                        ["project", "spider", "id"].map(text),
                        [
                            "", String(text("start_time").prefix(19)), Python.duration(record.seconds),
                            String(text("end_time").prefix(19)),
                            ScrapydSite.link(job?["log_url"]?.text, "Log", below: prefix),
                            ScrapydSite.link(job?["items_url"]?.text, "Items", below: prefix), "",
                        ]
                    ).utf8)
            })
    }

    /// The rows of jobs that wait, and of those that run.
    private func activeRows(
        of jobs: ClientJobs, below prefix: String
    ) async throws -> (pending: [String], running: [String]) {
        let zone = api.settings.timeZones.local
        let now = Timestamp.now
        let hasItems = settings.hasItems
        let places = try await api.blocking { [spool] in
            jobs.running.map { job in
                (
                    spool.hasLog(of: job.metadata) ? JSON.logURL(of: job.metadata) : nil,
                    hasItems && spool.hasItems(of: job.metadata) ? JSON.itemsURL(of: job.metadata) : nil
                )
            }
        }
        let pending = jobs.pending.map { job in
            let names = ScrapydSite.names(of: job.metadata)
            return ScrapydSite.row(names, ["", "", "", "", "", "", ScrapydSite.cancelForm(names, below: prefix)])
        }
        let running = zip(jobs.running, places).map { job, place in
            let names = ScrapydSite.names(of: job.metadata)
            let start = job.status[.started] ?? job.metadata.created
            let seconds = Int(clamping: max(0, now.microseconds(since: start)) / 1_000_000)
            return ScrapydSite.row(
                names,
                [
                    job.status[.pid].map { "\($0)" } ?? "", String(zone.civil(at: start).text.prefix(19)),
                    Python.duration(seconds), "", ScrapydSite.link(place.0, "Log", below: prefix),
                    ScrapydSite.link(place.1, "Items", below: prefix), ScrapydSite.cancelForm(names, below: prefix),
                ])
        }
        return (pending, running)
    }

    /// Project, spider and id of a job.
    private static func names(of job: JobMetadata) -> [String] {
        [job.project.description, job.spider.description, job.client?.id ?? job.id.description]
    }

    private static func cancelForm(_ names: [String], below prefix: String) -> String {
        let names = names.map { ScrapydPage.escaped($0) }
        return "<form method=\"post\" action=\"\(ScrapydPage.escaped(prefix))/cancel.json\">"
            + "<input type=\"hidden\" name=\"project\" value=\"\(names[0])\">"
            + "<input type=\"hidden\" name=\"job\" value=\"\(names[2])\">"
            + "<input type=\"submit\" value=\"Cancel\"></form>"
    }

    /// A link to a path; empty without one.
    private static func link(_ path: String?, _ text: String, below prefix: String) -> String {
        path.map { "<a href=\"\(ScrapydPage.escaped(prefix + $0))\">\(text)</a>" } ?? ""
    }

    private static func row(_ names: [String], _ rest: [String]) -> String {
        let cells = (names.map { ScrapydPage.escaped($0) } + rest).map { "    <td>\($0)</td>\n" }
        return "<tr>\n\(cells.joined())</tr>\n"
    }
}
