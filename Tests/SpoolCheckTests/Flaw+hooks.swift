import LinuxSystem
import SpoolCheck
import SpoolStore

extension Flaw {
    private static let message =
        #"{"type": "job.failed", "timestamp": "2026-11-28T09:00:00Z", "data": {"summary": "x"}}"#

    /// A delivery with some content in the outbox of a hook.
    private static func deliver(_ text: String, _ tree: SampleTree, as name: String = "\(stranger)_failed") throws
        -> String
    {
        try tree.makeDirectory("hooks")
        try tree.makeDirectory("hooks/x")
        try tree.makeDirectory("hooks/x/outbox")
        try tree.write(text, to: "hooks/x/outbox/\(name)")
        return "hooks/x/outbox/\(name)"
    }

    /// What can be wrong with the outboxes of hooks.
    static let ofHooks: [Flaw] = [
        Flaw("A delivery that cannot be read", .warning, "no delivery that can be read") { try deliver("{}", $0) },
        Flaw("A delivery that was cut short", .warning, "no delivery that can be read") {
            try deliver(String(message.dropLast(4)), $0)
        },
        Flaw("A delivery without a job", .warning, "not named as a delivery") { try deliver(message, $0, as: "notes") },
        Flaw("A delivery of no event", .warning, "not named as a delivery") {
            try deliver(message, $0, as: "\(stranger)_lost")
        },
        Flaw("A delivery that others may read", .warning, "mode") {
            let path = try deliver(message, $0)
            try $0.spool.setPermissions(path, 0o644)
            return path
        },
        Flaw("A delivery whose writing was interrupted", .note, "a write was interrupted") {
            try deliver(message, $0, as: ".\(stranger)_failed.tmp")
        },
        Flaw("A FIFO in place of a delivery", .warning, "should be a file") {
            _ = try deliver(message, $0)
            let path = "hooks/x/outbox/\(stranger)_canceled"
            try $0.makeFIFO(path)
            return path
        },
        Flaw("A directory that no hook can have", .warning, "no directory of a hook") {
            _ = try deliver(message, $0)
            try $0.makeDirectory("hooks/A hook")
            return "hooks/A hook"
        },
        Flaw("A file in place of an outbox", .warning, "should be a directory") {
            try $0.makeDirectory("hooks")
            try $0.makeDirectory("hooks/x")
            try $0.write("", to: "hooks/x/outbox")
            return "hooks/x/outbox"
        },
        Flaw("A file in place of the hooks", .warning, "should be a directory") {
            try $0.write("", to: "hooks")
            return "hooks"
        },
    ]
}
