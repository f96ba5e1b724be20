internal import Glibc
internal import LinuxSystem

/// The result of reading a file of the tree.
enum Reading<Value> {
    /// The content as parsed.
    case value(Value)
    /// The file is missing, or its name belongs to another kind of entry.
    case missing
    /// The content cannot be parsed; the damage as a clause after "it": `is empty`.
    case damaged(String)
    /// The system call failed.
    case failed(SystemError)

    /// The parsed content; nil in all other cases.
    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    /// Reads a file of at most `limit` bytes. `diagnose` describes the damage when `parse` returns nil.
    init(
        _ name: String, in directory: borrowing Directory, limit: Int, _ parse: ([UInt8]) -> Value?,
        diagnose: ([UInt8]) -> String
    ) {
        do throws(SystemError) {
            let bytes = try directory.content(name, limit: limit)
            if let value = parse(bytes) { self = .value(value) } else { self = .damaged(diagnose(bytes)) }
        } catch {
            switch error.code {
            // ELOOP: a symbolic link (openat2(2), RESOLVE_NO_SYMLINKS). ENXIO: a socket (open(2)).
            case ENOENT, ELOOP, ENXIO: self = .missing
            case EFBIG: self = .damaged("is longer than \(limit) bytes")
            default: self = .failed(error)
            }
        }
    }
}
