public import LinuxSystem

/// The files in which Python keeps compiled modules: `__pycache__/MODULE.TAG.pyc` beside `MODULE.py` (PEP 3147).
public enum ByteCode {
    /// The name of the directory that they are in.
    public static let directory = "__pycache__"

    /// The name of the module that a file in such a directory is of; nil for a file of another kind.
    public static func module(of name: FileName) -> [UInt8]? {
        let parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.last.map({ Array($0) }) == Array("pyc".utf8), let module = parts.first,
            !module.isEmpty
        else { return nil }
        return Array(module)
    }
}
