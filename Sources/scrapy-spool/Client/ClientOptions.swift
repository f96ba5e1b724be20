internal import ArgumentParser
internal import LinuxSystem
internal import SpoolClient

/// The address of the server, and the login. The names are those of scrapy-do's client.
struct ClientOptions: ParsableArguments {
    /// The text about these options at the end of each command's `--help`.
    static let discussion = """
        Values without a flag come from SCRAPY_SPOOL_URL, SCRAPY_SPOOL_USERNAME, SCRAPY_SPOOL_PASSWORD and \
        SCRAPY_SPOOL_TOKEN, then from ~/.scrapy-spool.cfg (section [scrapy-spool] with url, username, password, token, \
        print-format, verify-ssl, ca-file), or where that is missing from ~/.scrapy-do.cfg.

        Exit status: 0 done; 1 the server refused; 64 wrong flags or files; 69 the server is out of reach; 77 the \
        server does not know you, or does not allow it.
        """

    @Option(
        help: ArgumentHelp(
            "The server: http://host:port, https://host:port or unix:/path. (default: \(ClientSettings.standardURL))",
            valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The user's name.", valueName: "name"))
    var username: String?

    @Option(
        help: ArgumentHelp(
            "The user's password, which others on this machine can see; asked for when it is left out.",
            valueName: "password"))
    var password: String?

    @Option(
        help: ArgumentHelp("How to draw tables: \(TableFormat.names).", valueName: "format"),
        completion: .list(TableFormat.allCases.map(\.rawValue)))
    var printFormat: String?

    @Option(
        help: ArgumentHelp("Whether the server's certificate must be right. (default: yes)", valueName: "yes|no"),
        completion: .list(["yes", "no"]))
    var verifySsl: String?

    @Option(
        help: ArgumentHelp("The authorities (PEM) to trust instead of the system's.", valueName: "file"),
        completion: .file())
    var caFile: String?

    /// All sources together, the flags first.
    func settings() throws -> ClientSettings {
        var flags = ClientSettings()
        flags.url = url
        flags.username = username
        flags.password = password
        flags.printFormat = printFormat
        flags.authorityFile = caFile
        if let verifySsl {
            guard let truth = ClientSettings.truth(verifySsl) else {
                throw ClientError(.usage, "--verify-ssl takes yes or no, not \(verifySsl)")
            }
            flags.verifiesCertificate = truth
        }
        var sources = [flags, ClientSettings.environment(Host.environment())]
        if let home = Host.environment("HOME"), !home.isEmpty {
            sources.append(try ClientSettings.files(inHome: home))
        }
        return ClientSettings.merged(sources)
    }

    /// The login. A missing password is asked for on the terminal.
    func credentials(_ settings: ClientSettings) throws -> Credentials {
        if let token = settings.token { return .token(token) }
        guard let user = settings.username else { return .none }
        if let password = settings.password { return .password(user: user, password: password) }
        guard let password = try Terminal.password(for: user) else {
            throw ClientError(.usage, "there is no password for \(user): set SCRAPY_SPOOL_PASSWORD, or use a terminal")
        }
        return .password(user: user, password: password)
    }
}

extension TableFormat {
    /// All names, for messages.
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
