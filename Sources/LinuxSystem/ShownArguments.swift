internal import CLinux

/// The arguments that ps(1) shows of this process (proc_pid_cmdline(5)). Others can take their place, as many as have room.
public struct ShownArguments {
    /// The bytes of those that the process was started with.
    private let room: Int

    /// Measures the room, before the arguments are replaced.
    public init() {
        room = Host.content(ofSystemFile: "/proc/self/cmdline", limit: 1 << 16)?.count ?? 0
    }

    /// Shows these, as many whole ones as have room.
    public func show(_ words: [String]) {
        let bytes = words.reduce(into: [CChar]()) { bytes, word in
            bytes += word.utf8.map { CChar(bitPattern: $0) }
            bytes.append(0)
        }
        clinux_show_arguments(bytes, bytes.count, room)
    }
}
