internal import Glibc
internal import LinuxSystem
public import SpoolModel

/// Why the server does not listen at an interface.
public struct ListeningError: Error, CustomStringConvertible {
    /// The address.
    public let interface: Interface
    /// The system's error number (errno(3)).
    public let code: Int32

    /// A sentence with what to do.
    public var description: String {
        if code == ENOTSOCK {
            return "Cannot listen at \(interface): there is something else than a socket: remove it, or choose another "
                + "path with --interface"
        }
        return "Cannot listen at \(interface): \(SystemError(code: code, operation: "bind").reason): "
            + "stop what uses the address, or choose another one with --interface"
    }
}
