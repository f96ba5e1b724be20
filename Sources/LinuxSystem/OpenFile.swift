/// A file or directory that is open while it is referenced, for flushing it together with others.
public final class OpenFile: Sendable {
    /// The descriptor.
    public let descriptor: Descriptor

    /// Takes a descriptor over.
    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Takes a directory over.
    public init(_ directory: consuming Directory) {
        descriptor = directory.descriptor
    }
}

extension Flush {
    /// Like ``together(_:)`` with descriptors; keeps the files open during the flush.
    public static func together(_ files: [OpenFile]) throws(SystemError) {
        defer { withExtendedLifetime(files) {} }
        try together(files.map { $0.descriptor.number })
    }
}
