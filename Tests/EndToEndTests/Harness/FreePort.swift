import Glibc
import LinuxSystem
import Synchronization

/// Ports of the loopback interface for programs that cannot choose one themselves.
enum FreePort {
    /// Below the ports that the system hands out (`ip_local_port_range` of ip(7)): between the choice and the use neither
    /// a connection nor a server of another test gets such a port.
    private static let range = 20_000..<32_000
    /// Counts, so that no two tests get the same port; begins elsewhere in each process.
    private static let turn = Atomic(Int(getpid()) * 37)

    /// A port at which nothing listens.
    static func take() throws -> Int {
        for _ in range {
            let place = turn.wrappingAdd(1, ordering: .relaxed).newValue % range.count
            let port = range.lowerBound + place
            if try isFree(UInt16(port)) { return port }
        }
        throw Failure("no port of \(range) is free")
    }

    private static func isFree(_ port: UInt16) throws -> Bool {
        let socket = Descriptor(
            owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        guard inet_pton(AF_INET, "127.0.0.1", &name.sin_addr) == 1 else { throw Failure("no address") }
        let result = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EADDRINUSE else { throw SystemError("look whether port \(port) is free") }
        return result == 0
    }
}
