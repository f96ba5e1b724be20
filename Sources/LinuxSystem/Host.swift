internal import CLinux
internal import Glibc

/// Facts of the machine and of this process.
public enum Host {
    /// The boot id of the machine, 36 characters; empty if it cannot be read.
    public static func bootID() -> String {
        guard let bytes = content(ofSystemFile: "/proc/sys/kernel/random/boot_id", limit: 64) else { return "" }
        return String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    }

    /// The pids of all processes that /proc shows; none if it cannot be listed.
    public static func processes() -> [Int32] {
        // For lack of descriptors, for example: callers look again.
        ((try? Directory(path: "/proc").names()) ?? []).compactMap { Int32($0) }
    }

    /// All environment variables as `NAME=value`; those that are not UTF-8 are left out.
    public static func environment() -> [String] {
        var variables: [String] = []
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = clinux_environment()
        while let variable = next?.pointee {
            if let text = String(validatingCString: variable) { variables.append(text) }
            next = next?.advanced(by: 1)
        }
        return variables
    }

    /// The value of an environment variable.
    public static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension Host {
    /// Resources used by this process.
    public struct Usage: Sendable {
        /// Resident memory in bytes.
        public let residentBytes: Int
        /// User and system processor time since the start.
        public let processorMicroseconds: Int64
    }

    /// The resources used so far (`/proc/self/statm`, getrusage(2)).
    public static func usage() -> Usage {
        var resident = 0
        if let bytes = content(ofSystemFile: "/proc/self/statm", limit: 256) {
            let fields = bytes.split(separator: UInt8(ascii: " "))
            let pages = fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) : nil
            resident = (pages ?? 0) * Int(getpagesize())
        }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Usage(
            residentBytes: resident,
            processorMicroseconds: Int64(seconds) * 1_000_000 + Int64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec))
    }

    /// The host name (gethostname(2)).
    public static func hostname() -> String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
