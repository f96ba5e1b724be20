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
        "Cannot listen at \(interface): \(SystemError(code: code, operation: "bind").reason): "
            + "stop what uses the address, or choose another one with --interface"
    }
}
