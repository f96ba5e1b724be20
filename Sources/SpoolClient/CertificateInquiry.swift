internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import SpoolModel
internal import Synchronization

/// Fetches the certificate of a server that was not trusted, because the error of the handshake does not name its dates
/// as the cause.
enum CertificateInquiry {
    private static let patience = TimeAmount.seconds(5)

    /// The fault in the dates of a server's certificate; nil when they are valid or could not be fetched.
    static func reason(host: String, port: Int) async -> String? {
        // Without an answer the caller reports an untrusted certificate.
        guard let terms = try? await terms(host, port) else { return nil }
        return reason(of: terms, at: Timestamp(microseconds: SystemClock.wall()))
    }

    /// The fault in the dates of a certificate chain at an instant; nil when they are valid.
    static func reason(of terms: [(start: Timestamp, end: Timestamp)], at now: Timestamp) -> String? {
        if let end = terms.map(\.end).min(), end <= now {
            return "its certificate has expired at \(end.rfc3339): its administrator has to renew it"
        }
        if let start = terms.map(\.start).max(), start > now {
            return "its certificate is not valid before \(start.rfc3339); is the clock of this machine right?"
        }
        return nil
    }

    private static func terms(_ host: String, _ port: Int) async throws -> [(start: Timestamp, end: Timestamp)] {
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        // Server names are host names, not IP addresses (RFC 6066 §3).
        let name = IPAddress(host) == nil ? host : nil
        let box = Box()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let verify: NIOSSLCustomVerificationCallback = { chain, verdict in
                        box.note(chain)
                        // The certificate was refused before, so the handshake ends here and no data is sent.
                        verdict.succeed(NIOSSLVerificationResult.failed)
                    }
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: name, customVerificationCallback: verify)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: host, port: port).get()
        let end = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        // Either side closes the connection, since the handshake fails.
        try? await channel.closeFuture.get()
        end.cancel()
        return box.terms
    }

    /// The dates of the certificates in the handshake.
    private final class Box: Sendable {
        private let seen = Mutex<[(start: Timestamp, end: Timestamp)]>([])

        var terms: [(start: Timestamp, end: Timestamp)] { seen.withLock { $0 } }

        func note(_ chain: [NIOSSLCertificate]) {
            let terms = chain.map { certificate in
                (
                    start: Timestamp(seconds: Int64(certificate.notValidBefore)),
                    end: Timestamp(seconds: Int64(certificate.notValidAfter))
                )
            }
            seen.withLock { $0 = terms }
        }
    }
}
