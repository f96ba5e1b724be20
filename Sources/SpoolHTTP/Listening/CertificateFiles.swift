/// The paths of a certificate and its key, all PEM (RFC 7468).
public struct CertificateFiles: Hashable, Sendable {
    /// The certificate, optionally followed by its chain.
    public var certificate: String
    /// Its private key.
    public var key: String
    /// The certificate's chain; nil if it is in the first file or not needed.
    public var chain: String?

    /// The files at these paths.
    public init(certificate: String, key: String, chain: String?) {
        self.certificate = certificate
        self.key = key
        self.chain = chain
    }

    /// All paths.
    var paths: [String] { [certificate, key] + (chain.map { [$0] } ?? []) }
}
