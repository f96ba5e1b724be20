internal import Glibc
internal import LinuxSystem
internal import SpoolStore

/// Reads from a spider's log whether the spider got a signal from another process. The system does not show it: a
/// delivered signal leaves no trace that another process can see.
package enum SpiderLog {
    /// Logged by Scrapy at level INFO when it gets a signal to stop (`Received SIGTERM, shutting down gracefully`).
    private static let notice = Array("Received SIG".utf8)
    /// Logged by Scrapy at the same level when the spider starts.
    private static let beginning = Array("Spider opened".utf8)
    /// The number of bytes that are searched at the beginning and at the end.
    private static let headLength = 1 << 20, tailLength: Int64 = 4 << 20

    /// Whether the spider got a signal to stop; nil if its log does not contain such messages.
    package static func hasHeard(head: [UInt8], tail: [UInt8]) -> Bool? {
        if contains(notice, in: tail) { return true }
        return contains(beginning, in: head) ? false : nil
    }

    /// Whether the spider of a job got a signal to stop; nil if its log does not show it.
    static func hasHeard(_ job: borrowing JobDirectory) -> Bool? {
        do throws(SystemError) {
            let log = try job.directory.foreignFile("job.err")
            return hasHeard(head: try log.read(count: headLength, at: 0), tail: try tail(of: log, tailLength))
        } catch {
            // A log that cannot be read does not show it.
            return nil
        }
    }

    /// Whether the end of a job's log contains such a message.
    static func endsWithNotice(_ job: borrowing JobDirectory) -> Bool {
        do throws(SystemError) {
            return contains(notice, in: try tail(of: try job.directory.foreignFile("job.err"), 64 << 10))
        } catch {
            // As above.
            return false
        }
    }

    private static func tail(of log: borrowing Descriptor, _ length: Int64) throws(SystemError) -> [UInt8] {
        let size = try log.information().size
        return try log.read(count: Int(min(size, length)), at: max(0, size - length))
    }

    private static func contains(_ pattern: [UInt8], in bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while rest.count >= pattern.count, let start = rest.baseAddress,
                let hit = memchr(start, Int32(pattern[0]), rest.count - pattern.count + 1)
            {
                if memcmp(hit, pattern, pattern.count) == 0 { return true }
                rest = UnsafeRawBufferPointer(rebasing: rest[(UnsafeRawPointer(hit) - start + 1)...])
            }
            return false
        }
    }
}
