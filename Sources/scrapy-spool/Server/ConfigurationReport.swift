internal import LinuxSystem
internal import Logging
internal import ProjectPython
internal import SpoolConfiguration
internal import SpoolEngine
internal import SpoolHTTP
internal import SpoolModel
internal import SpoolStore

/// The output of `serve --check-config`: each value and its source, and how a server would use them.
struct ConfigurationReport {
    private let configuration: Configuration
    private let spool: String
    /// Whether the packages of projects are installed, and by what.
    private let packages: String
    /// The warnings that a server would log.
    private let warnings: [String]
    private let user: String?

    /// Checks everything that a server would need, without creating or starting anything.
    ///
    /// - Parameter user: the user that this process has become for it; nil if it is still the one who asked.
    init(_ configuration: Configuration, checkedAs user: String? = nil) throws(ConfigurationError) {
        self.configuration = configuration
        self.user = user
        let settings = try Settings(configuration, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
        packages =
            switch settings.python.uv {
            case let uv?: "Packages of projects are installed by \(uv)."
            case nil where configuration.uv.lowercased() == "off": "Packages of projects are not installed."
            case nil:
                "Packages of projects are not installed, since there is no uv: install it (`pip install uv`), name it with "
                    + "`uv`, or write `uv = off`."
            }
        spool = try ConfigurationReport.spool(of: configuration)
        let now = Timestamp(microseconds: SystemClock.wall())
        let certificate = settings.api.certificate?.term.remark(at: now)
        let slots = configuration.jobSlots == 0 && settings.engine.slurm == nil ? Server.noSlots : nil
        warnings = [certificate, slots].compactMap { $0 }
        // An error was thrown above.
        if let present = try? Spool.openIfPresent(configuration.projectStore) {
            try settings.checkWay(to: present.path, configuration)
        }
    }

    /// Checks a configuration and prints the report. Root can read everything, the user of a service cannot: what it reads is
    /// checked as that user, who owns the spool.
    static func check(_ read: () throws(ConfigurationError) -> Configuration) throws {
        let configuration = try read()
        guard Host.effectiveUser == 0, configuration.runAs.isEmpty,
            // An empty directory belongs to whoever made it, and may become a spool of root.
            Spool.isPresent(configuration.projectStore),
            let owner = Account(owning: configuration.projectStore), owner.user != 0
        else { return try ConfigurationReport(configuration).show() }
        let name = AccountEntry.name(of: owner.user) ?? "user \(owner.user)"
        let place = "\(name), the owner of the spool"
        do {
            try Host.become(owner)
            try ConfigurationReport(try read(), checkedAs: place).show()
        } catch let error as ConfigurationError {
            throw refusal("\(error) (checked as \(place))", ExitStatus.configuration)
        }
    }

    private static func spool(of configuration: Configuration) throws(ConfigurationError) -> String {
        let path = configuration.projectStore
        do throws(SpoolError) {
            guard let spool = try Spool.openIfPresent(path) else {
                guard !configuration.requiresSpool else {
                    throw SpoolError(
                        .notSpool, "There is no spool at \(path), and one is required: is its filesystem mounted?")
                }
                return "make a new spool at \(path)"
            }
            let state = try HoldWatch(spool).state(by: configuration.holdCopies)
            let copy =
                switch (state.identity.reason, state.identity.isCopy) {
                case (nil, _): ""
                case (_, true): ", which is a copy" + (state.isHeld ? " and held: \(state.remedy)" : "")
                case (_, false): ", which may be a copy" + (state.isHeld ? " and is held: \(state.remedy)" : "")
                }
            return "serve the spool \(spool.path)\(copy)"
        } catch {
            throw configuration.error(about: "project-store", "\(error)")
        }
    }

    /// Prints the report on standard output.
    func show() throws {
        let rows =
            ConfigurationKey.all.map { key in
                (key.id, key.value(in: configuration), key.place(in: configuration) ?? "default")
            } + configuration.openRows
        let widths = (rows.map(\.0.count).max() ?? 0, min(40, rows.map(\.1.count).max() ?? 0))
        let lines = rows.map { row in
            ConfigurationReport.padded(row.0, widths.0) + "  " + ConfigurationReport.padded(row.1, widths.1)
                + "  \(row.2)\n"
        }
        let scheme = configuration.https ? "https" : "http"
        let places = configuration.interfaces.map(\.description).joined(separator: ", ")
        let users =
            configuration.auth ? "for the users of \(configuration.authDatabase)" : "without logins"
        try Terminal.put(
            lines.joined() + "\nThe server would \(spool),\nby \(scheme) at \(places), \(users).\n\(packages)\n"
                + clients + (user.map { "This was checked as \($0).\n" } ?? "")
                + warnings.map { "Warning: \($0).\n" }.joined())
    }

    /// The sentence about clients of scrapyd.
    private var clients: String {
        guard !configuration.scrapydInterfaces.isEmpty else { return "" }
        let places = configuration.scrapydInterfaces.map(\.description).joined(separator: ", ")
        let users = configuration.scrapydUser.isEmpty ? "without logins" : "for the user \(configuration.scrapydUser)"
        return "Clients of scrapyd would be served by http at \(places), \(users).\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
