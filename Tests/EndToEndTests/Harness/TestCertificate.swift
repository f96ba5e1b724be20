/// A certificate for localhost, signed by itself, made by openssl.
struct TestCertificate {
    let cert: String
    let key: String

    /// - Parameter days: how long it is valid; a negative number for one that ended so many days ago.
    init(in folder: Folder, named name: String = "server", days: Int = 60) async throws {
        cert = "\(folder.path)/\(name).crt"
        key = "\(folder.path)/\(name).key"
        let request = folder.fresh("request")
        try await folder.run("openssl", "ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", key)
        try await folder.run(
            "openssl", "req", "-new", "-key", key, "-out", request, "-subj", "/CN=\(name)", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1")
        // Of a certificate that it makes at once, openssl takes no negative days.
        try await folder.run(
            "openssl", "x509", "-req", "-in", request, "-signkey", key, "-out", cert, "-days", "\(days)",
            "-copy_extensions", "copy")
    }

    /// Flags of a server with this certificate.
    var flags: [String] { ["--https", "--cert", cert, "--key", key] }
}
