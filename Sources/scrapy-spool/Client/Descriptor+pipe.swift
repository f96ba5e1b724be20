internal import Glibc
internal import LinuxSystem

extension Descriptor {
    /// Opens a file for reading that may be a pipe or a terminal; reads from it block.
    init(waitingFor path: String) throws(SystemError) {
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else { throw SystemError("open \(path)") }
        self.init(owning: number)
    }

    /// Reads from the current offset to the end, at most `limit` bytes.
    func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while content.count < limit {
            let count = Glibc.read(number, &chunk, min(chunk.count, limit - content.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read a file") }
            if count == 0 { break }
            content += chunk[..<count]
        }
        return content
    }
}
