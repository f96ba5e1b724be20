internal import CLinux
internal import Glibc

/// Search in bytes by the functions of the C library, which take many of them at a time. Indexes have to be within the
/// buffer.
extension UnsafeRawBufferPointer {
    /// Where some bytes begin, at an index or after it; nil if they are not there (memmem(3)).
    public func place(of wanted: [UInt8], from index: Int) -> Int? {
        let rest = UnsafeRawBufferPointer(rebasing: self[index...])
        return wanted.withUnsafeBytes { wanted in
            place(clinux_find(rest.baseAddress, rest.count, wanted.baseAddress, wanted.count))
        }
    }

    /// Where a byte is, at an index or after it; nil if it is not there (memchr(3)).
    public func place(of byte: UInt8, from index: Int) -> Int? {
        let rest = UnsafeRawBufferPointer(rebasing: self[index...])
        guard let start = rest.baseAddress else { return nil }
        return place(memchr(start, Int32(byte), rest.count))
    }

    /// Where a byte is last, before an index; nil if it is not there (memrchr(3)).
    public func lastPlace(of byte: UInt8, before index: Int) -> Int? {
        place(clinux_find_last(baseAddress, index, byte))
    }

    /// How often a byte occurs.
    public func count(of byte: UInt8, in range: Range<Int>) -> Int {
        let part = UnsafeRawBufferPointer(rebasing: self[range])
        return clinux_count(part.baseAddress, part.count, byte)
    }

    /// Copies all bytes into a buffer that is at least as long, with a to z for A to Z.
    public func fold(into target: UnsafeMutableRawBufferPointer) {
        clinux_fold(target.baseAddress, baseAddress, Swift.min(count, target.count))
    }

    private func place(_ found: UnsafeRawPointer?) -> Int? {
        guard let found, let baseAddress else { return nil }
        return found - baseAddress
    }
}
