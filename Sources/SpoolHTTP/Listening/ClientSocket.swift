internal import LinuxSystem
internal import NIOCore
internal import NIOHTTPTypes

/// A connection as the system knows it, to which bytes of a file go without being read (sendfile(2)).
///
/// They go past all that queues what is written. So it is used between an answer's head and its end, where the head says
/// how long the body is, and by one task alone.
struct ClientSocket: Sendable {
    /// The most bytes that go at a time: a connection that takes them as fast as they come leaves room for others.
    private static let most = 1 << 20
    /// Fewer are rather read.
    private static let least = 64 << 10

    private let channel: any Channel

    /// - Parameter channel: one whose bytes are not changed on their way, as TLS does.
    init(_ channel: any Channel) {
        self.channel = channel
    }

    /// Writes bytes of the body, and waits until the system has taken all that was written to the connection.
    func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.body(bytes)).get()
    }

    /// Sends bytes of a file, if they are in memory, right after ``write(_:)`` or another of these.
    ///
    /// - Returns: how many the socket has taken; 0 where it takes none, and where they have to be read.
    func send(_ file: borrowing Descriptor, at offset: Int, limit: Int) throws -> Int {
        let count = min(limit, ClientSocket.most)
        guard count >= ClientSocket.least, channel.eventLoop.inEventLoop,
            file.isCached(at: Int64(offset), count: count)
        else { return 0 }
        return try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { socket in
            try file.send(to: socket, at: Int64(offset), count: count)
        } ?? 0
    }
}
