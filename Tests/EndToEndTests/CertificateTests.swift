import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Certificates that come to their end", .fewAtATime)
struct CertificateTests {
    /// A server with a certificate that ends in some days, and flags for a client that trusts it.
    private func with(
        days: Int, _ body: (Server, TestCertificate, Folder) async throws -> Void
    ) async throws {
        try await Folder.with { folder in
            let certificate = try await TestCertificate(in: folder, days: days)
            let server = try await Server(
                in: folder, flags: [], certificate: certificate, habits: ["--cacert", certificate.cert, "-k"])
            try await body(server, certificate, folder)
        }
    }

    private func client(
        _ words: String..., certificate: TestCertificate, _ server: Server
    ) async throws -> (exit: Int32?, said: String) {
        let child = try server.folder.start(
            [try Place.server()] + words + ["--url", server.url(""), "--ca-file", certificate.cert])
        return (try await child.wait().exit, child.said)
    }

    @Test(
        "What needs a new certificate soon or at once is said at the start, by --check-config, status.json and the client",
        arguments: [(-1, "has expired at 20"), (1, "expires in "), (13, "expires in 12 days, at 20"), (60, nil)]
            as [(Int, String?)])
    func said(days: Int, words: String?) async throws {
        try await with(days: days) { server, certificate, folder in
            let remark = words.map { "The certificate \(certificate.cert) \($0)" }
            if let remark {
                _ = try await server.process.awaitLine("warning: \(remark)", in: folder)
            } else {
                #expect(!server.log.contains("certificate"))
            }
            let checked = try await folder.run(
                try Place.server(), "serve", "--spool", server.spool, "--scrapy", Place.scrapy, "--https", "--cert",
                certificate.cert, "--key", certificate.key, "--check-config")
            #expect(checked.contains("Warning: \(remark ?? "")") == (words != nil), "\(checked)")
            let status = try await server.ok("status.json")
            let end = try #require(status["certificate-expires"]?.text.flatMap { Timestamp(rfc3339: $0) })
            // The dates of a certificate have no fractions of seconds.
            #expect(end.fraction == 0)
            let left = try #require(status["certificate-days"]?.integer)
            #expect((days - 2...days).contains(left), "\(left)")
            #expect(try await server.ok("overview.json")["certificate-days"]?.integer != nil)
            let client = try await client("status", certificate: certificate, server)
            switch days {
            case -1:
                #expect(
                    client.exit == 69 && client.said.contains("its certificate has expired at 20"), "\(client.said)")
                #expect(!client.said.contains("--ca-file"))
            case 60: #expect(client.exit == 0 && !client.said.contains("certificate expires"), "\(client.said)")
            default:
                #expect(
                    client.exit == 0 && client.said.contains("The server's certificate expires in "), "\(client.said)")
            }
        }
    }

    @Test("A new certificate ends the warning, and one that is near its end begins it, without a restart")
    func renewed() async throws {
        try await with(days: 60) { server, certificate, folder in
            #expect(try await server.ok("status.json")["certificate-days"]?.integer ?? 0 > 50)
            let next = try await TestCertificate(in: folder, named: "next", days: 3)
            try File.rename(next.key, to: certificate.key)
            try File.rename(next.cert, to: certificate.cert)
            #expect(try await server.ok("status.json")["certificate-days"]?.integer ?? 100 < 4)
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await server.process.awaitLine("The certificate \(certificate.cert) expires in ", in: folder)
        }
    }

    @Test("Of a configuration that is refused the certificate is not served either")
    func refused() async throws {
        try await Folder.with { folder in
            let first = try await TestCertificate(in: folder, named: "first")
            let second = try await TestCertificate(in: folder, named: "second")
            let file = "\(folder.path)/spool.conf"
            func configure(_ certificate: TestCertificate, _ more: String = "") throws {
                try File.write(
                    "[web]\nhttps = on\ncert = \(certificate.cert)\nkey = \(certificate.key)\n\(more)", to: file)
            }
            try configure(first)
            let server = try await Server(in: folder, "--config", file)
            func expectServed(_ certificate: TestCertificate) async throws {
                try await folder.run(
                    "curl", "-sSf", "--cacert", certificate.cert, "https://\(server.address)/status.json")
            }
            try await expectServed(first)
            try configure(second, "trusted-proxies = somewhere\n")
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await server.process.awaitLine("The new configuration is not valid and was not applied", in: folder)
            try await expectServed(first)
            try configure(second)
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await server.process.awaitLine("Took the configuration anew", in: folder)
            try await expectServed(second)
        }
    }

    @Test("Without https nothing is said of certificates")
    func none() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            #expect(try await server.ok("status.json").names.filter { $0.hasPrefix("certificate") }.isEmpty)
        }
    }
}
