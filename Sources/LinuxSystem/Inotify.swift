internal import CLinux
internal import Glibc

/// Watches of directories and files (inotify(7)). An event is a hint to read again; it does not carry the new state.
public struct Inotify: ~Copyable, Sendable {
    /// Readable when there are events.
    public let descriptor: Descriptor

    /// An event in a watched directory.
    public struct Event: Sendable {
        /// The number that `watch` returned; -1 after an overflow of the queue, when any event may be missing.
        public let watch: Int32
        /// The name in the directory; empty for the directory itself.
        public let name: String
        /// Whether the watch is gone (IN_IGNORED): the directory was removed or unmounted, or the watch was ended.
        public let isGone: Bool
        /// Whether the name was removed (IN_DELETE), not moved away.
        public let isDeletion: Bool
        /// Whether a file in the directory was written to and nothing else happened.
        public let isWrite: Bool

        /// Events were lost, so everything that is watched may have changed.
        public static let lost = Event(
            watch: -1, name: "", isGone: false, isDeletion: false, isWrite: false)

        /// Whether events were lost.
        public var isLost: Bool { watch == -1 }
    }

    /// The kinds of events to watch for.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// A name appeared: created, or moved in.
        public static let arrivals = Interest(rawValue: 0x100 | 0x80)
        /// A name was moved in, from another directory or within this one (IN_MOVED_TO).
        public static let movesIn = Interest(rawValue: 0x80)
        /// A name disappeared: removed, or moved out.
        public static let departures = Interest(rawValue: 0x200 | 0x40)
        /// The times or the mode of a name, or of the directory, changed.
        public static let attributes = Interest(rawValue: 0x4)
        /// A file in the directory was closed after it had been open for writing.
        public static let closings = Interest(rawValue: 0x8)
        /// The directory itself was moved.
        public static let ownMoves = Interest(rawValue: 0x800)
        /// A file in the directory was written to.
        public static let writes = Interest(rawValue: 0x2)
        /// The directory itself was removed or moved (IN_DELETE_SELF, IN_MOVE_SELF). The event of a removal comes only
        /// when no process has the directory open any more; its parent gets one at once.
        public static let ends = Interest(rawValue: 0x400 | 0x800)
    }

    /// The error for which there is no inotify instance and no watch can be added.
    private let failure: SystemError?

    /// Creates an instance without watches. If the system refuses one (the user's limit of instances is reached), the
    /// object has no events, and each `watch` throws the error.
    public init() throws(SystemError) {
        let number = clinux_inotify_init()
        failure = number < 0 ? SystemError("start inotify") : nil
        descriptor = number < 0 ? try EventFD().descriptor.duplicate() : Descriptor(owning: number)
    }

    /// Watches an open directory. The same directory gives the same number again, and earlier interests are kept.
    public func watch(_ directory: borrowing Directory, for interest: Interest) throws(SystemError) -> Int32 {
        if let failure { throw failure }
        // The path through /proc names the open directory itself, even after it was renamed.
        let path = "/proc/self/fd/\(directory.descriptor.number)"
        return try retrying("watch a directory") {
            inotify_add_watch(
                descriptor.number, path,
                interest.rawValue | 0x0100_0000 /* IN_ONLYDIR */ | 0x2000_0000 /* IN_MASK_ADD */)
        }
    }

    /// Watches an open file. Its events have no name.
    public func watch(_ file: borrowing Descriptor, for interest: Interest) throws(SystemError) -> Int32 {
        if let failure { throw failure }
        let path = "/proc/self/fd/\(file.number)"
        return try retrying("watch a file") {
            inotify_add_watch(descriptor.number, path, interest.rawValue | 0x2000_0000 /* IN_MASK_ADD */)
        }
    }

    /// Watches an open directory; nil if that fails, usually because the user's limit of watches is reached.
    public func watchIfPossible(_ directory: borrowing Directory, for interest: Interest) -> Int32? {
        // The caller looks from time to time instead.
        try? watch(directory, for: interest)
    }

    /// The same for an open file.
    public func watchIfPossible(_ file: borrowing Descriptor, for interest: Interest) -> Int32? {
        // As above.
        try? watch(file, for: interest)
    }

    /// Ends a watch.
    public func unwatch(_ watch: Int32) {
        // It is already gone if the directory was removed.
        _ = inotify_rm_watch(descriptor.number, watch)
    }

    /// The pending events, without waiting.
    public func events() throws(SystemError) -> [Event] {
        var events: [Event] = []
        var failure: SystemError?
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
            while true {
                let count = read(descriptor.number, buffer.baseAddress, buffer.count)
                if count <= 0 {
                    if count < 0, errno == EINTR { continue }
                    if count < 0, errno != EAGAIN { failure = SystemError("read events") }
                    return
                }
                Inotify.decode(UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: &events)
            }
        }
        if let failure { throw failure }
        return events
    }

    /// The pending events, without waiting; nil if they cannot be read, so that any may be missing.
    public func eventsIfAny() -> [Event]? {
        // The caller reads again what it watches.
        try? events()
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) {
        let head = MemoryLayout<clinux_inotify_event>.size
        var offset = 0
        while offset + head <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: clinux_inotify_event.self)
            // NUL bytes pad the name to the event's alignment.
            let name = bytes[(offset + head)..<(offset + head + Int(event.length))].prefix { $0 != 0 }
            let overflowed = event.mask & 0x4000 != 0
            events.append(
                Event(
                    watch: overflowed ? -1 : event.watch, name: String(decoding: name, as: UTF8.self),
                    isGone: event.mask & 0x8000 != 0, isDeletion: event.mask & 0x200 != 0,
                    isWrite: event.mask == Interest.writes.rawValue))
            offset += head + Int(event.length)
        }
    }
}
