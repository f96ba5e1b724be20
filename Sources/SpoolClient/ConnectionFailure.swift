internal import AsyncHTTPClient
internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// The description of an error of the connection; nil for other errors.
package func connectionFailure(_ error: any Error) -> String? {
    switch error {
    case let error as NIOConnectionError:
        if let first = error.connectionErrors.first { return connectionFailure(first.error) ?? "\(first.error)" }
        let isUnknown = error.dnsAError != nil || error.dnsAAAAError != nil
        return isUnknown ? "there is no host \(error.host)" : "it cannot be connected to"
    case let error as IOError: return SystemError(code: error.errnoCode, operation: "").reason
    case is ChannelError: return "the connection ended"
    case let error as NIOSSLError: return tlsFailure("\(error)")
    case let error as NIOSSLExtraError: return tlsFailure("\(error)")
    case let error as BoringSSLError: return tlsFailure("\(error)")
    case let error as HTTPClientError: return clientFailure(error)
    default:
        // The errors of the resolver and of the HTTP parser have no public types.
        let name = "\(type(of: error))"
        if name.contains("ResolverError") || name.contains("SocketAddressError") { return "there is no such host" }
        if name.contains("HTTPParserError") { return "it does not speak HTTP; is it https?" }
        return nil
    }
}

/// The reason for a certificate that is refused, unless its dates are the cause.
package let untrustedCertificate =
    "its certificate is not trusted; --ca-file FILE names the certificate of the authority to trust"

private func clientFailure(_ error: HTTPClientError) -> String {
    switch error {
    case .connectTimeout: "it did not answer within 10 seconds"
    case .remoteConnectionClosed, .readTimeout: "it closed the connection; is it https?"
    case .tlsHandshakeTimeout: "it does not speak TLS; is it http?"
    default: "\(error)"
    }
}

private func tlsFailure(_ text: String) -> String {
    if text.contains("CERTIFICATE_VERIFY_FAILED") { return untrustedCertificate }
    if text.contains("failedToValidateHostname") || text.contains("HOSTNAME") {
        return "its certificate is for another host"
    }
    if text.contains("WRONG_VERSION_NUMBER") { return "it does not speak TLS; is it http?" }
    return "TLS failed: \(text)"
}
