internal import Glibc
internal import LinuxSystem
internal import NIOCore
internal import NIOHTTPTypes

/// A connection's socket, to which bytes of a file are sent without passing through this process's memory
/// (sendfile(2)).
///
/// They bypass the channel's queue of writes. So it is used between an answer's head and its end, and by one task
/// alone; for bytes of a file only if the head has the length of the body.
struct ClientSocket: Sendable {
    /// The most bytes of one call, so that a fast connection leaves time for others.
    private static let most = 1 << 20
    /// The fewest bytes for sendfile(2); fewer still are read and written.
    private static let least = 64 << 10

    /// Bytes that the system keeps for a client that is slow to take them, beyond those under way.
    private static let queue = 64 << 10

    private let channel: any Channel
    private let watch: StallWatch

    /// - Parameters:
    ///   - channel: the connection; for files it must not transform its bytes, as TLS does.
    ///   - watch: notified of each piece that was taken.
    init(_ channel: any Channel, _ watch: StallWatch) {
        self.channel = channel
        self.watch = watch
    }

    /// Limits the system's queue for a client that follows a log or events to 64 KiB (TCP_NOTSENT_LOWAT of tcp(7)); the
    /// default is megabytes.
    static func limitQueue(of channel: any Channel) {
        guard channel.remoteAddress?.ipAddress != nil else { return }
        // A failure only makes the queue longer.
        _ = channel.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: queue)
    }

    /// Writes bytes of the body, and waits until the system has taken everything written to the connection.
    func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.body(bytes)).get()
        watch.noteProgress()
    }

    /// Sends bytes of a file, if they are in the page cache, right after ``write(_:)`` or another call of this.
    ///
    /// - Returns: the number of bytes that the socket has taken; 0 if it takes none, or if they are not in memory.
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
