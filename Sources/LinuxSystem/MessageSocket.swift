internal import CLinux
internal import Glibc

/// One end of a pair of sockets for short messages, which may carry descriptors (unix(7), SOCK_SEQPACKET).
public struct MessageSocket: ~Copyable, Sendable {
    /// Both ends.
    public struct Pair: ~Copyable, Sendable {
        /// The end that this process keeps.
        public let ours: MessageSocket
        /// The end for another process.
        public let its: MessageSocket

        /// Returns one end and closes the other.
        public consuming func keepOurs() -> MessageSocket { ours }
    }

    /// The most bytes of a received message.
    static let limit = 256
    /// The most descriptors in a message.
    static let mostFiles = 8

    /// Readable if there is a message, or at the end.
    public let descriptor: Descriptor

    /// Takes ownership of such a socket.
    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// A pair of sockets that are connected to each other.
    public static func pair() throws(SystemError) -> Pair {
        var ends: (Int32, Int32) = (-1, -1)
        _ = try retrying("make a pair of sockets") {
            withUnsafeMutableBytes(of: &ends) {
                clinux_message_pair($0.assumingMemoryBound(to: Int32.self).baseAddress!)
            }
        }
        return Pair(
            ours: MessageSocket(Descriptor(owning: ends.0)), its: MessageSocket(Descriptor(owning: ends.1)))
    }

    /// Sends a message, with at most 8 descriptors, without waiting: EAGAIN if the other end does not read, EPIPE if it is
    /// closed.
    public func send(_ text: String, files: [Int32] = []) throws(SystemError) {
        let bytes = Array(text.utf8)
        _ = try retrying("send a message") {
            clinux_send_message(descriptor.number, bytes, bytes.count, files, Int32(files.count))
        }
    }

    /// The next message; nil if there is none yet, empty at the end. Descriptors in it are dropped, and so are bytes beyond
    /// 256.
    public func receive() throws(SystemError) -> String? {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: MessageSocket.limit) { buffer, count in
            do throws(SystemError) {
                count = try retrying("receive a message") {
                    clinux_receive_message(descriptor.number, buffer.baseAddress, MessageSocket.limit)
                }
            } catch {
                failure = error
                count = 0
            }
        }
        guard let failure else { return String(decoding: bytes, as: UTF8.self) }
        if failure.code == EAGAIN { return nil }
        // The other end was closed while messages to it were unread.
        if failure.code == ECONNRESET { return "" }
        throw failure
    }

    /// The next message, for which it waits; nil after the time limit, empty at the end.
    public func receive(within milliseconds: Int) throws(SystemError) -> String? {
        guard descriptor.isReadable(within: milliseconds) else { return nil }
        return try receive()
    }
}
