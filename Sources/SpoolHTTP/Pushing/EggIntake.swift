internal import Crypto
internal import HTTPTypes
public import LinuxSystem
public import ProjectPython
public import SpoolModel
public import SpoolStore

/// Publishes eggs that do not come over the network, as `addversion.json` does. Blocks its thread.
public struct EggIntake: Sendable {
    private let spool: Spool
    private let settings: APISettings
    private let environments: EnvironmentBuilder

    /// Publishes into a spool, with the programs, limits and users of settings.
    public init(into spool: Spool, settings: APISettings, python: PythonSettings) {
        self.spool = spool
        self.settings = settings
        environments = EnvironmentBuilder(spool: spool, settings: python)
    }

    /// Unpacks an egg, lists its spiders and publishes it. Throws `.refused` with the reason if that cannot be done with this egg.
    ///
    /// - Returns: remarks about it.
    public func take(
        _ egg: borrowing Descriptor, of project: ProjectName, as version: VersionName, at instant: Timestamp
    ) throws(SpoolError) -> [String] {
        let push = try Push(in: spool)
        do {
            var hash = SHA256()
            var offset: Int64 = 0
            while true {
                let bytes = try egg.bytes(at: offset, limit: 1 << 20)
                if bytes.isEmpty { break }
                hash.update(data: bytes)
                offset += Int64(bytes.count)
                guard offset <= Int64(settings.uploadLimit) else {
                    throw APIError.badRequest("it is longer than `upload-limit`, \(settings.uploadLimit) bytes")
                }
                try push.write(bytes)
            }
            return try push.publish(
                digest: hash.finalize().hexadecimal, isFile: true, mayBeEmpty: true,
                as: Push.Target(project: project, version: version), settings: settings, environments: environments,
                turn: PushTurn(), at: instant, by: nil
            ).warnings
        } catch {
            push.discard()
            throw EggIntake.error(error)
        }
    }

    private static func error(_ error: any Error) -> SpoolError {
        if let error = error as? SystemError { return SpoolError(error, while: "take the egg in") }
        guard let error = error as? APIError else { return SpoolError(.system, "\(error)") }
        // An index of packages that cannot be reached now is a reason to leave this egg for another time.
        let isPassing = error.status == .serviceUnavailable && error.retryAfter != nil
        switch error.status.code {
        case 400, 413: return SpoolError(.refused, error.message)
        case 507: return SpoolError(.full, error.message)
        default: return SpoolError(isPassing ? .refused : .system, error.message)
        }
    }
}
