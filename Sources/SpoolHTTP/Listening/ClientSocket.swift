internal import Glibc
internal import LinuxSystem
internal import NIOCore
internal import NIOHTTPTypes

/// A connection as the system knows it, to which bytes of a file go without being read (sendfile(2)).
///
/// They go past all that queues what is written. So it is used between an answer's head and its end, and by one task alone;
/// bytes of a file only where the head says how long the body is.
struct ClientSocket: Sendable {
    /// The most bytes that go at a time: a connection that takes them as fast as they come leaves room for others.
    private static let most = 1 << 20
    /// Fewer are rather read.
    private static let least = 64 << 10

    /// Bytes that the system keeps for a client that is slow to take them, beyond those under way.
    private static let queue = 64 << 10

    private let channel: any Channel
    private let watch: StallWatch

    /// - Parameters:
    ///   - channel: where bytes of files are sent, one whose bytes are not changed on their way, as TLS does.
    ///   - watch: told of each piece that was taken.
    init(_ channel: any Channel, _ watch: StallWatch) {
        self.channel = channel
        self.watch = watch
    }

    /// Keeps the system from queueing more than 64 KiB for a client that follows something (TCP_NOTSENT_LOWAT of tcp(7)):
    /// by default it is megabytes.
    static func limitQueue(of channel: any Channel) {
        guard channel.remoteAddress?.ipAddress != nil else { return }
        // Without it the queue is longer, and nothing else changes.
        _ = channel.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: queue)
    }

    /// Writes bytes of the body, and waits until the system has taken all that was written to the connection.
    func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.body(bytes)).get()
        watch.noteProgress()
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
