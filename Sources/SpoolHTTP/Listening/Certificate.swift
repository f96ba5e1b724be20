internal import LinuxSystem
public import Logging
internal import NIOSSL
internal import SpoolModel
internal import Synchronization

/// The certificate that the server shows. Its files are looked at for each new connection, so a new certificate is in
/// use as soon as it is there, and connections that are open go on with the one they have.
public final class Certificate: Sendable {
    /// Why there is no certificate to be had.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// The file that is wrong.
        public let path: String
        /// What is wrong with it.
        public let description: String
        /// Whether it is not there.
        public var isMissing = false
    }

    private struct State {
        var files: CertificateFiles
        /// The files as they were when they were last read, rightly or not.
        var seen: [FileInformation]
        var chain: Chain
        var reminder = CertificateReminder()
    }

    /// What connections are secured with, and for how long that will do.
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

    /// Takes other files from now on, unless they cannot be used.
    public func replace(_ files: CertificateFiles) throws(Problem) {
        let seen = Certificate.look(at: files)
        let chain = try Certificate.read(files)
        state.withLock { state in
            (state.files, state.seen, state.chain) = (files, seen, chain)
        }
    }

    /// From when to when it is valid, as it was last read: for the last new connection, or within a minute.
    public var term: CertificateTerm { state.withLock { $0.chain.term } }

    /// Says in the log that the certificate comes to its end, if it does, unless that was said within a day.
    func remind(at now: Timestamp) {
        let term = chain().term
        if let remark = state.withLock({ $0.reminder.remark(about: term, at: now) }) { logger.warning("\(remark)") }
    }

    /// What a new connection is secured with, by the files as they are now. Files that cannot be used, perhaps because
    /// one of them was replaced and the other one not yet, leave the certificate as it was.
    func current() -> NIOSSLContext { chain().context }

    private func chain() -> Chain {
        state.withLock { state in
            let seen = Certificate.look(at: state.files)
            guard seen != state.seen else { return state.chain }
            state.seen = seen
            do throws(Problem) {
                state.chain = try Certificate.read(state.files)
                logger.notice("Took the new certificate \(state.files.certificate)")
            } catch {
                logger.error("\(error.path): \(error), so the certificate stays the old one")
            }
            return state.chain
        }
    }

    private static func look(at files: CertificateFiles) -> [FileInformation] {
        files.paths.compactMap { try? Descriptor(reading: $0).information() }
    }

    // MARK: Reading

    private static func read(_ files: CertificateFiles) throws(Problem) -> Chain {
        let paths = [files.certificate] + (files.chain.map { [$0] } ?? [])
        var certificates: [NIOSSLCertificate] = []
        var terms: [CertificateTerm] = []
        for path in paths {
            let bytes = try content(of: path)
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
