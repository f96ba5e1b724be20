/// Where libarchive gets its input from.
protocol ByteFeed: AnyObject {
    /// The next bytes, none at the end; they stay valid until the next call.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer

    /// Sets the place of the next bytes as lseek(2) does and gives it back; nil when it cannot be done.
    func seek(_ offset: Int64, from whence: Int32) -> Int64?
}
