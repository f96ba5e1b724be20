internal import Glibc
internal import LinuxSystem

/// What came of reading a file of the tree.
enum Reading<Value> {
    /// It says what it should.
    case value(Value)
    /// It is not there, or something else than a file has its name.
    case missing
    /// It does not say what it should; how, as a clause after "it": `is empty`.
    case damaged(String)
    /// The system does not let it be read.
    case failed(SystemError)

    /// What it says, if it does.
    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    /// Reads a file of at most `limit` bytes. What is wrong with the bytes is looked for when `parse` gives nil.
    init(
        _ name: String, in directory: borrowing Directory, limit: Int, _ parse: ([UInt8]) -> Value?,
        diagnose: ([UInt8]) -> String
    ) {
        do throws(SystemError) {
            let bytes = try directory.content(name, limit: limit)
            if let value = parse(bytes) { self = .value(value) } else { self = .damaged(diagnose(bytes)) }
        } catch {
            switch error.code {
            // A link: openat2(2), RESOLVE_NO_SYMLINKS. A socket: open(2).
            case ENOENT, ELOOP, ENXIO: self = .missing
            case EFBIG: self = .damaged("is longer than \(limit) bytes")
            default: self = .failed(error)
            }
        }
    }
}
