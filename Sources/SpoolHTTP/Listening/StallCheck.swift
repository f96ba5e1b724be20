/// Whether a client reads nothing of an answer, by looks at its connection in even intervals.
package struct StallCheck {
    /// The number of looks within the time that a client may be silent.
    package static let looks: Int64 = 4

    private var buffered = 0
    private var progress = 0
    /// Consecutive looks that found no fewer buffered bytes and no progress.
    private var idle: Int64

    /// - Parameter isShared: whether the looks are for several clients, so that the first one may come at once and only
    ///   notes what it finds.
    package init(isShared: Bool = false) {
        idle = isShared ? -1 : 0
    }

    /// Takes the result of a look; returns whether the client has read nothing for all the time.
    ///
    /// - Parameters:
    ///   - buffered: the bytes that wait for the client.
    ///   - progress: the number of pieces of the answer that were taken so far. The buffered bytes alone do not show it:
    ///     the next piece may be as long.
    package mutating func isStalled(buffered: Int, progress: Int) -> Bool {
        let isIdle = buffered > 0 && buffered >= self.buffered && progress == self.progress
        // The first shared look compares with nothing that was seen.
        idle = idle < 0 ? 0 : isIdle ? idle + 1 : 0
        (self.buffered, self.progress) = (buffered, progress)
        return idle >= StallCheck.looks
    }
}
