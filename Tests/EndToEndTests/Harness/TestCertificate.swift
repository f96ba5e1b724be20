/// A certificate for localhost, signed by itself, made by openssl.
struct TestCertificate {
    let cert: String
    let key: String

    init(in folder: Folder, named name: String = "server") async throws {
        cert = "\(folder.path)/\(name).crt"
        key = "\(folder.path)/\(name).key"
        try await folder.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=\(name)", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1")
    }

    /// Flags of a server with this certificate.
    var flags: [String] { ["--https", "--cert", cert, "--key", key] }
}
