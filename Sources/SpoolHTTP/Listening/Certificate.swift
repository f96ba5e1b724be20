internal import LinuxSystem
public import Logging
internal import NIOSSL
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
    }

    private struct State {
        var files: CertificateFiles
        /// The files as they were when they were last read, rightly or not.
        var seen: [FileInformation]
        var context: NIOSSLContext
    }

    private let state: Mutex<State>
    private let logger: Logger

    /// Reads the files.
    public init(_ files: CertificateFiles, logger: Logger) throws(Problem) {
        let seen = Certificate.look(at: files)
        state = Mutex(State(files: files, seen: seen, context: try Certificate.read(files)))
        self.logger = logger
    }

    /// Takes other files from now on, unless they cannot be used.
    public func replace(_ files: CertificateFiles) throws(Problem) {
        let seen = Certificate.look(at: files)
        let context = try Certificate.read(files)
        state.withLock { $0 = State(files: files, seen: seen, context: context) }
    }

    /// What a new connection is secured with, by the files as they are now. Files that cannot be used, perhaps because
    /// one of them was replaced and the other one not yet, leave the certificate as it was.
    func current() -> NIOSSLContext {
        state.withLock { state in
            let seen = Certificate.look(at: state.files)
            guard seen != state.seen else { return state.context }
            state.seen = seen
            do throws(Problem) {
                state.context = try Certificate.read(state.files)
                logger.notice("Took the new certificate \(state.files.certificate)")
            } catch {
                logger.error("\(error.path): \(error), so the certificate stays the old one")
            }
            return state.context
        }
    }

    private static func look(at files: CertificateFiles) -> [FileInformation] {
        files.paths.compactMap { try? Descriptor(reading: $0).information() }
    }

    // MARK: Reading

    private static func read(_ files: CertificateFiles) throws(Problem) -> NIOSSLContext {
        let paths = [files.certificate] + (files.chain.map { [$0] } ?? [])
        var certificates: [NIOSSLCertificate] = []
        for path in paths {
            let bytes = try content(of: path)
            let found = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
            guard !found.isEmpty else { throw Problem(path: path, description: "there is no certificate (PEM) in it") }
            certificates += found
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
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Problem(path: files.key, description: "it is not the key of \(files.certificate)")
        }
    }

    private static func content(of path: String) throws(Problem) -> [UInt8] {
        do throws(SystemError) {
            return try Descriptor(reading: path).readAll(limit: 1 << 20)
        } catch {
            throw Problem(path: path, description: error.reason)
        }
    }
}
