public import LinuxSystem

/// The part of the daemon's environment that jobs get: paths of programs and of the user's files, language, proxies.
/// All other variables, among them secrets, are withheld.
public enum JobEnvironment {
    private static let names: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "http_proxy", "https_proxy",
        "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    ]

    /// The variables that belong to a user.
    private static let personal: Set<String> = ["HOME", "USER", "LOGNAME", "SHELL", "TMPDIR"]

    /// Selects these variables from an environment, and adds PATH and HOME if they are missing.
    ///
    /// - Parameters:
    ///   - environment: every variable, as `NAME=value`.
    ///   - user: the user that jobs run as, if it is not this process's: personal variables are then this user's.
    public static func variables(from environment: [String], for user: AccountEntry? = nil) -> [String] {
        var picked = environment.filter { variable in
            let name = String(variable.prefix { $0 != "=" })
            if user != nil, personal.contains(name) { return false }
            return names.contains(name) || name.hasPrefix("LC_")
        }
        if let user {
            picked += ["HOME=\(user.home)", "USER=\(user.name)", "LOGNAME=\(user.name)", "SHELL=\(user.shell)"]
        }
        if !picked.contains(where: { $0.hasPrefix("PATH=") }) {
            picked.append("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        }
        if !picked.contains(where: { $0.hasPrefix("HOME=") }) { picked.append("HOME=/") }
        return picked
    }
}
