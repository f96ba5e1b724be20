internal import Crypto
public import LinuxSystem
public import SpoolModel

/// The hooks of a configuration, with the facts that their deliveries need. A reload replaces them as a whole.
public struct HookSettings: Sendable {
    /// The hooks.
    public var hooks: [Hook]
    /// The secrets of those that sign.
    public var secrets: [HookName: [HookSecret]]
    /// The file of `scrapy-spool-shim`, which guards commands.
    public var shim: String
    /// The environment of commands, as `NAME=value`.
    public var environment: [String]
    /// The user that commands run as; nil for this process's.
    public var account: Account?
    /// Which spools are held: nothing is sent from those.
    public var holdCopies: HoldCopies

    /// Settings with nothing left out.
    public init(
        hooks: [Hook], secrets: [HookName: [HookSecret]], shim: String, environment: [String], account: Account?,
        holdCopies: HoldCopies
    ) {
        self.hooks = hooks
        self.secrets = secrets
        self.shim = shim
        self.environment = environment
        self.account = account
        self.holdCopies = holdCopies
    }

    /// A digest of a hook's configuration: a hook that its receiver has switched off stays off while it is the same.
    package func fingerprint(of hook: Hook) -> String {
        var digest = SHA256()
        digest.update(data: Array("\(hook.name)\0\(hook.action)\0\(hook.patience)\0".utf8))
        digest.update(data: Array(hook.events.map(\.rawValue).sorted().joined(separator: ",").utf8))
        digest.update(data: Array(("\0" + hook.projects.map(\.description).sorted().joined(separator: "/")).utf8))
        for secret in secrets[hook.name] ?? [] { digest.update(data: [0] + secret.bytes) }
        return digest.finalize().prefix(12).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0\(text)" : text
        }.joined()
    }
}
