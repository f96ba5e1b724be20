/// A file or directory that stays open for as long as something refers to it, as one of many that are flushed together.
public final class OpenFile: Sendable {
    /// The descriptor.
    public let descriptor: Descriptor

    /// Takes a descriptor over.
    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}

extension Flush {
    /// As ``together(_:)``, of files that stay open meanwhile.
    public static func together(_ files: [OpenFile]) throws(SystemError) {
        defer { withExtendedLifetime(files) {} }
        try together(files.map { $0.descriptor.number })
    }
}
