/// The source of libarchive's input.
protocol ByteFeed: AnyObject {
    /// The next bytes, valid until the next call; empty at the end.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer

    /// Sets the offset of the next bytes as lseek(2) does and returns it; nil when that is not possible.
    func seek(_ offset: Int64, from whence: Int32) -> Int64?
}
