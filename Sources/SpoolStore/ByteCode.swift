public import LinuxSystem

/// The files of Python's compiled modules: `__pycache__/MODULE.TAG.pyc` beside `MODULE.py` (PEP 3147).
public enum ByteCode {
    /// The name of the directory that contains them.
    public static let directory = "__pycache__"

    /// The name of the module of a file in such a directory; nil if the file is not byte code.
    public static func module(of name: FileName) -> [UInt8]? {
        let parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.last.map({ Array($0) }) == Array("pyc".utf8), let module = parts.first,
            !module.isEmpty
        else { return nil }
        return Array(module)
    }
}
