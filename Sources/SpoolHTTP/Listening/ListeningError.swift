internal import Glibc
internal import LinuxSystem
public import SpoolModel

/// Why the server cannot listen at an interface.
public struct ListeningError: Error, CustomStringConvertible {
    /// The address.
    public let interface: Interface
    /// The system's error number (errno(3)).
    public let code: Int32

    package init(interface: Interface, code: Int32) {
        self.interface = interface
        self.code = code
    }

    /// A sentence with the remedy.
    public var description: String {
        if code == ENOTSOCK {
            return "Cannot listen at \(interface): there is something else than a socket: remove it, or choose another "
                + "path with --interface"
        }
        return "Cannot listen at \(interface): \(SystemError(code: code, operation: "bind").reason): \(advice)"
    }

    private var advice: String {
        switch (code, interface) {
        case (EADDRINUSE, _): "stop the program that uses the address, or choose another one with --interface"
        case (EACCES, .tcp(_, let port)):
            "only root, or a program with the capability CAP_NET_BIND_SERVICE, may listen at port \(port): choose one from "
                + "1024 on with --interface, or give the service the capability (AmbientCapabilities= of systemd)"
        case (EACCES, .unix), (EPERM, .unix), (EROFS, .unix):
            "this user may not make a socket in that directory: give it the directory, or choose another path with "
                + "--interface"
        case (ENOENT, .unix), (ENOTDIR, .unix):
            "make the socket's directory, or choose another path with --interface"
        case (EADDRNOTAVAIL, _): "this machine has no such address; `ip address` shows those that it has"
        case (EAFNOSUPPORT, _): "this machine does not use this kind of addresses; choose another one with --interface"
        default: "choose another one with --interface"
        }
    }
}
