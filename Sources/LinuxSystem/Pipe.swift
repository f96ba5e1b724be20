internal import CLinux
internal import Glibc

/// A pipe (pipe(2)), whose ends no other program inherits unless it is given them.
public struct Pipe: ~Copyable, Sendable {
    /// The end to read from.
    public let reading: Descriptor
    /// The end to write to.
    public let writing: Descriptor

    /// Makes a pipe.
    public init() throws(SystemError) {
        var ends: (Int32, Int32) = (-1, -1)
        _ = try retrying("make a pipe") {
            withUnsafeMutableBytes(of: &ends) { clinux_pipe($0.assumingMemoryBound(to: Int32.self).baseAddress!) }
        }
        reading = Descriptor(owning: ends.0)
        writing = Descriptor(owning: ends.1)
    }

    /// Closes the end to read from here, and keeps the other.
    public consuming func keepWriting() -> Descriptor { writing }
}
