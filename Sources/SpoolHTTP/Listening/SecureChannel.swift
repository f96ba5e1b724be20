internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL

/// A connection inside of TLS (RFC 8446).
struct SecureChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificate: Certificate

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate.current()))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension ServerChildChannel {
    /// The same inside of TLS.
    func secured(by certificate: Certificate) -> any ServerChildChannel {
        SecureChannel(base: self, certificate: certificate)
    }
}
