public import LinuxSystem

/// The open logs of one job in a store.
public struct StoredLogs: ~Copyable {
    /// Standard output and standard error; nil for a missing log.
    public let out: Descriptor?
    public let err: Descriptor?

    /// The logs of a job.
    public init(out: consuming Descriptor?, err: consuming Descriptor?) {
        self.out = out
        self.err = err
    }

    /// How many logs there are.
    public var count: Int {
        var count = 0
        if out != nil { count += 1 }
        if err != nil { count += 1 }
        return count
    }

    /// The sum of their lengths in bytes.
    public var bytes: Int64 {
        var bytes: Int64 = 0
        if let size = try? out?.information().size { bytes += size }  // 0 if unknown, for progress only
        if let size = try? err?.information().size { bytes += size }  // As above
        return bytes
    }

    /// Appends each log to its file, and returns the number of bytes.
    public func copy(to newOut: borrowing Descriptor, _ newErr: borrowing Descriptor) throws(SystemError) -> Int64 {
        try StoredLogs.copy(out, to: newOut) + StoredLogs.copy(err, to: newErr)
    }

    private static func copy(_ log: borrowing Descriptor?, to file: borrowing Descriptor) throws(SystemError) -> Int64 {
        switch log {
        case .some(let log): try file.copy(from: log)
        case .none: 0
        }
    }
}
