/// What a job sees of the daemon's environment: where programs and the user's files are, the language, the proxies.
/// Everything else stays here, secrets among it.
public enum JobEnvironment {
    private static let names: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "http_proxy", "https_proxy",
        "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    ]

    /// Picks from an environment, and makes sure of a PATH and a HOME.
    ///
    /// - Parameter environment: every variable, as `NAME=value`.
    public static func variables(from environment: [String]) -> [String] {
        var picked = environment.filter { variable in
            let name = variable.prefix { $0 != "=" }
            return names.contains(String(name)) || name.hasPrefix("LC_")
        }
        if !picked.contains(where: { $0.hasPrefix("PATH=") }) {
            picked.append("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        }
        if !picked.contains(where: { $0.hasPrefix("HOME=") }) { picked.append("HOME=/") }
        return picked
    }
}
