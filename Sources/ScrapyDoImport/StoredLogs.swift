internal import LinuxSystem

/// The logs of one job in a store, open.
struct StoredLogs: ~Copyable {
    /// Its stdout and its stderr; nil for one that is not there.
    let out: Descriptor?
    let err: Descriptor?

    /// How many there are.
    var count: Int {
        var count = 0
        if out != nil { count += 1 }
        if err != nil { count += 1 }
        return count
    }

    /// Their lengths together.
    var bytes: Int64 {
        var bytes: Int64 = 0
        if let size = try? out?.information().size { bytes += size }
        if let size = try? err?.information().size { bytes += size }
        return bytes
    }

    /// Appends each to a file, and returns the number of bytes.
    func copy(to newOut: borrowing Descriptor, _ newErr: borrowing Descriptor) throws(SystemError) -> Int64 {
        try StoredLogs.copy(out, to: newOut) + StoredLogs.copy(err, to: newErr)
    }

    private static func copy(_ log: borrowing Descriptor?, to file: borrowing Descriptor) throws(SystemError) -> Int64 {
        switch log {
        case .some(let log): try file.copy(from: log)
        case .none: 0
        }
    }
}
