import Glibc
import LinuxSystem

/// A proxy in front of a server, as the README sets it up: a program of Debian's.
enum Proxy: String, CaseIterable, Sendable {
    case nginx, caddy, haproxy, apache, varnish

    /// Its program's file; nil when it is not installed.
    var program: String? { Place.program(self == .apache ? "apache2" : self == .varnish ? "varnishd" : rawValue) }

    /// The path below which it serves the server, with a slash at its end.
    var path: String { self == .varnish ? "/" : "/spool/" }

    /// What the README says to put into its configuration.
    private var snippet: String {
        get throws {
            let text = try File.text("\(Place.repository)/README.md")
            guard let start = text.firstRange(of: "```\(rawValue)\n"),
                let end = text[start.upperBound...].firstRange(of: "```")
            else { throw Failure("the README has no block for \(rawValue)") }
            return String(text[start.upperBound..<end.lowerBound])
        }
    }

    /// Starts it in a folder.
    ///
    /// - Parameters:
    ///   - port: where it is to listen on the loopback interface.
    ///   - certificate: what it is to serve https with; nil for http.
    ///   - server: the address of the server behind it.
    func start(
        in folder: Folder, port: Int, certificate: TestCertificate? = nil, before server: String
    ) async throws -> Child {
        guard let program else { throw Failure("there is no \(rawValue): run tools/setup --test") }
        let file = "\(folder.path)/\(rawValue).conf"
        if self != .varnish {
            // HAProxy wants both in one file.
            if let certificate {
                try await folder.shell("cat '\(certificate.cert)' '\(certificate.key)' > '\(folder.path)/both.pem'")
            }
            let text = try configuration(in: folder.path, port: port, certificate)
            try File.write(text.replacing("127.0.0.1:7654", with: server), to: file)
        }
        let home = ["HOME=\(folder.path)", "XDG_DATA_HOME=\(folder.path)", "XDG_CONFIG_HOME=\(folder.path)"]
        return try folder.start(
            [program] + arguments(file, folder.path, port, server),
            environment: Host.environment().filter { !$0.hasPrefix("HOME=") && !$0.hasPrefix("XDG_") } + home)
    }

    private func arguments(_ file: String, _ folder: String, _ port: Int, _ server: String) -> [String] {
        switch self {
        case .nginx: ["-p", folder, "-c", file]
        case .caddy: ["run", "--adapter", "caddyfile", "--config", file]
        case .haproxy: ["-db", "-f", file]
        case .apache: ["-X", "-d", folder, "-f", file]
        case .varnish: ["-j", "none", "-F", "-n", "\(folder)/varnish", "-a", "127.0.0.1:\(port)", "-b", server]
        }
    }

    private func configuration(in folder: String, port: Int, _ certificate: TestCertificate?) throws -> String {
        let snippet = try snippet
        let (cert, key) = (certificate?.cert ?? "", certificate?.key ?? "")
        let isSecure = certificate != nil
        switch self {
        case .nginx:
            let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map { "\($0)_temp_path \(folder)/temporary-\($0);" }.joined(separator: "\n")
            return """
                daemon off; master_process off; pid \(folder)/nginx.pid; error_log stderr; events {}
                http { access_log off; \(places)
                server { listen 127.0.0.1:\(port)\(isSecure ? " ssl; ssl_certificate \(cert); ssl_certificate_key \(key)" : "");
                \(snippet) } }
                """
        case .caddy:
            let site =
                isSecure ? "https://127.0.0.1:\(port) {\ntls \(cert) \(key)" : "http://127.0.0.1:\(port) {"
            return "{\nadmin off\nauto_https disable_redirects\n}\n"
                + snippet.replacing("spool.example.org {", with: site, maxReplacements: 1)
        case .haproxy:
            let more = isSecure ? " ssl crt \(folder)/both.pem" : ""
            return snippet.replacing("bind :80\n", with: "bind 127.0.0.1:\(port)\(more)\n", maxReplacements: 1)
        case .apache:
            let modules = (["mpm_event", "authz_core", "headers", "proxy", "proxy_http"] + (isSecure ? ["ssl"] : []))
                .map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so" }.joined(separator: "\n")
            return """
                ServerName localhost
                Listen 127.0.0.1:\(port)
                DefaultRuntimeDir \(folder)
                PidFile \(folder)/apache.pid
                ErrorLog \(folder)/apache.log
                \(modules)
                \(geteuid() == 0 ? "User www-data\nGroup www-data" : "")
                \(isSecure ? "SSLEngine on\nSSLCertificateFile \(cert)\nSSLCertificateKeyFile \(key)" : "")
                \(snippet)
                """
        case .varnish: return ""
        }
    }
}

extension Place {
    /// The file of a program, wherever Debian has it; nil when it is not installed.
    static func program(_ name: String) -> String? {
        ((Host.environment("PATH") ?? "").split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin"])
            .map { "\($0)/\(name)" }.first { File.isProgram($0) }
    }
}
