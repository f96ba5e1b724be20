internal import CLinux
internal import Glibc

/// The fields of `/proc/PID/stat` that are used here (proc(5)).
public struct ProcessFacts: Hashable, Sendable {
    /// The letter of the state: R, S, D, Z, …
    public let state: UInt8
    /// The parent's pid.
    public let parent: Int32
    /// The process group id.
    public let group: Int32
    /// The start time in clock ticks since boot.
    public let ticks: Int

    /// Reads the fields of a process; nil if there is none with this pid.
    public init?(pid: Int32) {
        guard let bytes = Host.content(ofSystemFile: "/proc/\(pid)/stat", limit: 4096),
            // The name in parentheses may contain any character, so parsing starts after the last parenthesis.
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first,
            let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
            let group = Int32(String(decoding: fields[2], as: UTF8.self)),
            let ticks = Int(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        self.state = state
        self.parent = parent
        self.group = group
        self.ticks = ticks
    }
}
