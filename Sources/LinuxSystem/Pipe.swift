internal import CLinux
internal import Glibc

/// A pipe (pipe(2)). Other programs do not inherit its ends unless they are passed explicitly.
public struct Pipe: ~Copyable, Sendable {
    /// The read end.
    public let reading: Descriptor
    /// The write end.
    public let writing: Descriptor

    /// Creates a pipe.
    public init() throws(SystemError) {
        var ends: (Int32, Int32) = (-1, -1)
        _ = try retrying("make a pipe") {
            withUnsafeMutableBytes(of: &ends) { clinux_pipe($0.assumingMemoryBound(to: Int32.self).baseAddress!) }
        }
        reading = Descriptor(owning: ends.0)
        writing = Descriptor(owning: ends.1)
    }

    /// Closes the write end and returns the read end.
    public consuming func keepReading() -> Descriptor { reading }

    /// Closes the read end and returns the write end.
    public consuming func keepWriting() -> Descriptor { writing }
}
