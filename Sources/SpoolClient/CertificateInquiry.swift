internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import SpoolModel
internal import Synchronization

/// Looks at the certificate that a server shows, after it was refused: the error of the refusal does not say that it is the
/// dates.
enum CertificateInquiry {
    private static let patience = TimeAmount.seconds(5)

    /// What is wrong with the dates of a server's certificate; nil when it is not the dates, or nobody can tell.
    static func reason(host: String, port: Int) async -> String? {
        guard let terms = try? await terms(host, port) else { return nil }
        return reason(of: terms, at: Timestamp(microseconds: Machine.wallClock()))
    }

    /// What is wrong with the dates of certificates at an instant.
    static func reason(of terms: [(start: Timestamp, end: Timestamp)], at now: Timestamp) -> String? {
        if let end = terms.map(\.end).min(), end <= now {
            return "its certificate has expired at \(end.rfc3339); whoever runs the server has to renew it"
        }
        if let start = terms.map(\.start).max(), start > now {
            return "its certificate is not valid before \(start.rfc3339); is the clock of this machine right?"
        }
        return nil
    }

    private static func terms(_ host: String, _ port: Int) async throws -> [(start: Timestamp, end: Timestamp)] {
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        // An address is no name of a server (RFC 6066 §3).
        let name = IPAddress(host) == nil ? host : nil
        let box = Box()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let verify: NIOSSLCustomVerificationCallback = { chain, verdict in
                        box.note(chain)
                        // It was refused already: nothing is sent to it.
                        verdict.succeed(NIOSSLVerificationResult.failed)
                    }
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: name, customVerificationCallback: verify)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: host, port: port).get()
        let end = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        // Closed by either side, since the handshake fails.
        try? await channel.closeFuture.get()
        end.cancel()
        return box.terms
    }

    /// What the handshake has shown.
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
