internal import LinuxSystem
public import Logging
internal import NIOSSL
internal import SpoolModel
internal import Synchronization

/// The server's certificate. Its files are checked for each new connection, so a new certificate is used at once; open
/// connections keep theirs.
public final class Certificate: Sendable {
    /// Why the certificate cannot be used.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// The invalid file.
        public let path: String
        /// The error in it.
        public let description: String
        /// Whether the file does not exist.
        public var isMissing = false
    }

    private struct State {
        var files: CertificateFiles
        /// The files when they were last read, successfully or not.
        var seen: [FileInformation]
        var chain: Chain
        var reminder = CertificateReminder()
    }

    /// The TLS context of connections, and its validity.
    private struct Chain {
        let context: NIOSSLContext
        let term: CertificateTerm
    }

    private let state: Mutex<State>
    private let logger: Logger

    /// Reads the files.
    public init(_ files: CertificateFiles, logger: Logger) throws(Problem) {
        let seen = Certificate.look(at: files)
        state = Mutex(State(files: files, seen: seen, chain: try Certificate.read(files)))
        self.logger = logger
    }

    /// Uses the files of another one from now on.
    public func take(_ other: Certificate) {
        let (files, seen, chain) = other.state.withLock { ($0.files, $0.seen, $0.chain) }
        state.withLock { ($0.files, $0.seen, $0.chain) = (files, seen, chain) }
    }

    /// The validity of the certificate as last read: for the last new connection, or within a minute.
    public var term: CertificateTerm { state.withLock { $0.chain.term } }

    /// Logs a warning if the certificate expires soon, unless that was logged within a day.
    func remind(at now: Timestamp) {
        let term = chain().term
        if let remark = state.withLock({ $0.reminder.remark(about: term, at: now) }) { logger.warning("\(remark)") }
    }

    /// The TLS context for a new connection, from the current files. Invalid files, perhaps because only one of them
    /// has been replaced yet, leave the certificate unchanged. Blocks on the disk.
    func current() -> NIOSSLContext { chain().context }

    private func chain() -> Chain {
        // Without the lock, so that ``term`` never waits for the disk.
        let files = state.withLock { $0.files }
        let seen = Certificate.look(at: files)
        if let chain = state.withLock({ $0.files == files && $0.seen == seen ? $0.chain : nil }) { return chain }
        let result = Result { () throws(Problem) in try Certificate.read(files) }
        let (chain, isFirst) = state.withLock { state in
            // A reload may have named other files, or another thread may have read the same ones.
            guard state.files == files, state.seen != seen else { return (state.chain, false) }
            state.seen = seen
            if case .success(let chain) = result { state.chain = chain }
            return (state.chain, true)
        }
        guard isFirst else { return chain }
        switch result {
        case .success: logger.notice("Took the new certificate \(files.certificate)")
        case .failure(let error): logger.error("\(error.path): \(error), so the certificate stays the old one")
        }
        return chain
    }

    private static func look(at files: CertificateFiles) -> [FileInformation] {
        // A file that is missing or unreadable is reported when it is read.
        files.paths.compactMap { try? Descriptor(reading: $0).information() }
    }

    // MARK: Reading

    private static func read(_ files: CertificateFiles) throws(Problem) -> Chain {
        let paths = [files.certificate] + (files.chain.map { [$0] } ?? [])
        var certificates: [NIOSSLCertificate] = []
        var terms: [CertificateTerm] = []
        for path in paths {
            let bytes = try content(of: path)
            // Reported by the next line.
            let found = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
            guard !found.isEmpty else { throw Problem(path: path, description: "there is no certificate (PEM) in it") }
            certificates += found
            terms += found.map { certificate in
                CertificateTerm(
                    path: path, start: Timestamp(seconds: Int64(certificate.notValidBefore)),
                    end: Timestamp(seconds: Int64(certificate.notValidAfter)))
            }
        }
        let bytes = try content(of: files.key)
        // The library's error has no more to say.
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw Problem(path: files.key, description: "there is no private key (PEM, without a passphrase) in it")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            let first = terms.min { $0.end < $1.end } ?? terms[0]
            let start = terms.map(\.start).max() ?? first.start
            return Chain(
                context: try NIOSSLContext(configuration: configuration),
                term: CertificateTerm(path: first.path, start: start, end: first.end))
        } catch {
            throw Problem(path: files.key, description: "it is not the key of \(files.certificate)")
        }
    }

    private static func content(of path: String) throws(Problem) -> [UInt8] {
        do throws(SystemError) {
            return try Descriptor(reading: path).readAll(limit: 1 << 20)
        } catch {
            throw Problem(path: path, description: error.reason, isMissing: error.isMissing)
        }
    }
}
