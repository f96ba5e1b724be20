/// Where a certificate and its key are, all as PEM (RFC 7468).
public struct CertificateFiles: Hashable, Sendable {
    /// The certificate, perhaps followed by those above it.
    public var certificate: String
    /// Its private key.
    public var key: String
    /// The certificates above it; nil where they stand in the first file or are not needed.
    public var chain: String?

    /// The files at these paths.
    public init(certificate: String, key: String, chain: String?) {
        self.certificate = certificate
        self.key = key
        self.chain = chain
    }

    /// All of them.
    var paths: [String] { [certificate, key] + (chain.map { [$0] } ?? []) }
}
