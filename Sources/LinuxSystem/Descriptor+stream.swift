internal import CLinux
internal import Glibc

extension Descriptor {
    /// Reads a file that reports no length, as those of /proc do, in chunks of 4096 bytes until its end or until
    /// `limit` is reached.
    public func readStream(limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        while content.count < limit {
            var failure: SystemError?
            let chunk = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                do throws(SystemError) {
                    count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: Int64(content.count))
                } catch {
                    failure = error
                    count = 0
                }
            }
            if let failure { throw failure }
            if chunk.isEmpty { break }
            content += chunk
        }
        return content
    }
}
