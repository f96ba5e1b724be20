internal import LinuxSystem

/// The service manager that started this server, systemd for instance, to which it tells how it is (sd_notify(3)).
/// Without one it tells nobody.
final class ServiceManager: Sendable {
    private let socket: NotifySocket?

    init() {
        socket = Machine.environment("NOTIFY_SOCKET").flatMap { NotifySocket(named: $0) }
    }

    /// All interfaces take connections, and the engine has opened the spool.
    func sayReady() {
        socket?.send("READY=1\nSTATUS=Serving")
    }

    /// The configuration is read anew; ``sayReady()`` says when that is done.
    func sayReloading() {
        socket?.send("RELOADING=1\nMONOTONIC_USEC=\(Machine.steadyClock())")
    }

    /// The server stops.
    func sayStopping() {
        socket?.send("STOPPING=1\nSTATUS=Stopping; running jobs go on")
    }

    /// A sign of life.
    func sayAlive() {
        socket?.send("WATCHDOG=1")
    }
}
