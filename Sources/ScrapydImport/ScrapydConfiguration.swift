public import ForeignStore
internal import Glibc
internal import INI
internal import LinuxSystem

/// The configuration file of scrapyd: where its store is, and which of its settings this server has no use for.
public struct ScrapydConfiguration {
    /// The directories; a relative one is below the directory in which scrapyd was started.
    let eggs: String, logs: String, databases: String
    /// The directory of items; nil if there is none.
    let items: String?
    /// The settings that cannot come along.
    private(set) var losses: [ImportReport.Skipped] = []
    /// What keys become here.
    private(set) var notes: [String] = []

    /// The most bytes of the file.
    private static let longest = 1 << 20
    /// The classes of scrapyd 1.6 that this server replaces.
    private static let classes: [(key: String, values: [String])] = [
        ("application", ["scrapyd.app.application"]),
        ("spiderqueue", ["scrapyd.spiderqueue.SqliteSpiderQueue"]), ("poller", ["scrapyd.poller.QueuePoller"]),
        ("launcher", ["scrapyd.launcher.Launcher"]), ("runner", ["scrapyd.runner"]),
        ("webroot", ["scrapyd.website.Root"]), ("eggstorage", ["scrapyd.eggstorage.FilesystemEggStorage"]),
        ("jobstorage", ["scrapyd.jobstorage.MemoryJobStorage", "scrapyd.jobstorage.SqliteJobStorage"]),
    ]
    private static let services = [
        "schedule.json": "Schedule", "cancel.json": "Cancel", "status.json": "Status", "addversion.json": "AddVersion",
        "listprojects.json": "ListProjects", "listversions.json": "ListVersions", "listspiders.json": "ListSpiders",
        "delproject.json": "DeleteProject", "delversion.json": "DeleteVersion", "listjobs.json": "ListJobs",
        "daemonstatus.json": "DaemonStatus",
    ]

    /// Reads a configuration file.
    ///
    /// - Parameter directory: where scrapyd was started; nil for the directory of the file.
    public init(path: String, startedIn directory: String?) throws(ImportError) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Descriptor(reading: path).readStream(limit: ScrapydConfiguration.longest)
        } catch {
            throw ImportError("\(path) cannot be read: \(error.reason)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ImportError("\(path) is not UTF-8, so it is no configuration file of scrapyd")
        }
        let document: INIDocument
        do throws(INIError) {
            document = try INIDocument(parsing: text)
        } catch {
            throw ImportError("\(path), line \(error.line): \(error.message)")
        }
        let above = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        try self.init(document, path: path, below: directory ?? above)
    }

    private init(_ document: INIDocument, path: String, below directory: String) throws(ImportError) {
        func value(_ key: String) throws(ImportError) -> String? {
            do throws(INIError) {
                return try document.value(section: "scrapyd", key: key)?.text
            } catch {
                throw ImportError("\(path), line \(error.line): \(error.message)")
            }
        }
        func place(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }
        func filled(_ key: String, _ usual: String) throws(ImportError) -> String {
            let text = try value(key) ?? ""
            return text.isEmpty ? usual : text
        }
        eggs = place(try filled("eggs_dir", "eggs"))
        logs = place(try filled("logs_dir", "logs"))
        databases = place(try filled("dbs_dir", "dbs"))
        let items = try value("items_dir") ?? ""
        let scheme = items.firstRange(of: "://").map { items[..<$0.lowerBound].lowercased() }
        switch scheme {
        case nil: self.items = items.isEmpty ? nil : place(items)
        case "file": self.items = String(items.dropFirst("file://".count))
        default:
            self.items = nil
            lose("items_dir = \(items)", "items go there no more: name it in FEEDS of the project's settings")
        }
        for (key, usual) in ScrapydConfiguration.classes {
            guard let name = try value(key), !usual.contains(name), !name.isEmpty else { continue }
            lose("\(key) = \(name)", "a class of Python cannot be used here")
        }
        if let jobs = try value("jobs_dir"), !jobs.isEmpty {
            lose("jobs_dir = \(jobs)", "the state of paused crawls stays there: name JOBDIR in the project's settings")
        }
        loseSections(of: document)
        try note(value, hasItems: self.items != nil)
    }

    private mutating func lose(_ what: String, _ reason: String) {
        losses.append(ImportReport.Skipped(what: what, reason: reason))
    }

    private mutating func loseSections(of document: INIDocument) {
        for entry in document.section("services")?.entries ?? [] {
            let usual = ScrapydConfiguration.services[entry.key].map { "scrapyd.webservice.\($0)" }
            guard entry.text != usual, !entry.text.isEmpty else { continue }
            lose("\(entry.key) = \(entry.text) of [services]", "a class of Python cannot be used here")
        }
        for entry in document.section("settings")?.entries ?? [] {
            lose(
                "project \(entry.key) of [settings]",
                "it has no egg: push it from its directory, with `scrapy-spool push`")
        }
    }

    /// Notes what keys become in this server's configuration file.
    private mutating func note(_ value: (String) throws(ImportError) -> String?, hasItems: Bool) throws(ImportError) {
        func become(_ section: String, _ key: String, _ text: String) {
            notes.append("configuration: [\(section)] \(key) = \(text)")
        }
        func number(_ key: String) throws(ImportError) -> Int? { try value(key).flatMap { Int($0) } }
        let socket = try value("unix_socket_path") ?? ""
        if socket.isEmpty {
            let address = try value("bind_address") ?? "127.0.0.1"
            let port = try value("http_port") ?? "6800"
            become("web", "scrapyd-interfaces", "\(address.contains(":") ? "[\(address)]" : address):\(port)")
        } else {
            become("web", "scrapyd-interfaces", "unix:\(socket)")
        }
        if let user = try value("username"), !user.isEmpty {
            become("web", "scrapyd-username", user)
            become("web", "scrapyd-password", "(that of scrapyd's file)")
        }
        if let name = try value("node_name"), !name.isEmpty { become("web", "scrapyd-node-name", name) }
        if hasItems { become("web", "scrapyd-items", "on") }
        let most = try number("max_proc") ?? 0
        let each = try number("max_proc_per_cpu") ?? 4
        let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let slots = most > 0 ? most : processors.multipliedReportingOverflow(by: max(1, min(each, 1000))).partialValue
        become("scrapy-do", "job-slots", "\(max(1, slots))")
        if let kept = try number("finished_to_keep"), kept > 0 { become("scrapy-do", "completed-cap", "\(kept)") }
    }
}
