internal import CLinux
internal import Glibc

/// Watches of directories (inotify(7)). An event is a hint to look again, never the news itself.
public struct Inotify: ~Copyable, Sendable {
    /// Readable when there are events.
    public let descriptor: Descriptor

    /// What happened in a watched directory.
    public struct Event: Sendable {
        /// The number that `watch` gave; -1 when the queue overflowed and anything may have happened.
        public let watch: Int32
        /// The name in the directory; empty for the directory itself.
        public let name: String
        /// Whether the watch is gone (the directory was removed).
        public let isGone: Bool
        /// Whether a file in the directory was written to, and nothing else.
        public let isWrite: Bool
    }

    /// What to be told of.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// A name came: created, or moved in.
        public static let arrivals = Interest(rawValue: 0x100 | 0x80)
        /// A name went: removed, or moved out.
        public static let departures = Interest(rawValue: 0x200 | 0x40)
        /// Times or modes of a name, or of the directory, were changed.
        public static let attributes = Interest(rawValue: 0x4)
        /// A file in the directory was closed after it had been open for writing.
        public static let closings = Interest(rawValue: 0x8)
        /// The directory itself was moved.
        public static let ownMoves = Interest(rawValue: 0x800)
        /// A file in the directory was written to.
        public static let writes = Interest(rawValue: 0x2)
        /// The directory itself was removed or moved (IN_DELETE_SELF, IN_MOVE_SELF). Of a removal the system tells only when
        /// no process has the directory open any more; the directory above it is told at once.
        public static let ends = Interest(rawValue: 0x400 | 0x800)
    }

    /// Why the system gave no inotify, so that no watch can be had.
    private let failure: SystemError?

    /// No watches yet. Where the system gives none of them any more (the user's limit of instances is reached), it is one
    /// that no event comes from, and each `watch` says why.
    public init() throws(SystemError) {
        let number = clinux_inotify_init()
        failure = number < 0 ? SystemError("start inotify") : nil
        descriptor = number < 0 ? try Bell().descriptor.duplicate() : Descriptor(owning: number)
    }

    /// Watches an open directory; the same directory gives the same number again, and what others were interested in
    /// before stays.
    public func watch(_ directory: borrowing Directory, for interest: Interest) throws(SystemError) -> Int32 {
        if let failure { throw failure }
        // The path through /proc names the very directory that is open, whatever its name is by now.
        let path = "/proc/self/fd/\(directory.descriptor.number)"
        return try retrying("watch a directory") {
            inotify_add_watch(
                descriptor.number, path,
                interest.rawValue | 0x0100_0000 /* IN_ONLYDIR */ | 0x2000_0000 /* IN_MASK_ADD */)
        }
    }

    /// Ends a watch.
    public func unwatch(_ watch: Int32) {
        // Gone already when the directory is: nothing to do then.
        _ = inotify_rm_watch(descriptor.number, watch)
    }

    /// The events that are there now, without waiting.
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

    private static func decode(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) {
        let head = MemoryLayout<clinux_inotify_event>.size
        var offset = 0
        while offset + head <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: clinux_inotify_event.self)
            // The name is padded with NULs to the event's alignment.
            let name = bytes[(offset + head)..<(offset + head + Int(event.length))].prefix { $0 != 0 }
            let overflowed = event.mask & 0x4000 != 0
            events.append(
                Event(
                    watch: overflowed ? -1 : event.watch, name: String(decoding: name, as: UTF8.self),
                    isGone: event.mask & 0x8000 != 0, isWrite: event.mask == Interest.writes.rawValue))
            offset += head + Int(event.length)
        }
    }
}
