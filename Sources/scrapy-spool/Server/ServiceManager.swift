internal import LinuxSystem

/// Notifies the service manager that started this server, for example systemd (sd_notify(3)). Does nothing without one.
final class ServiceManager: Sendable {
    private let socket: NotifySocket?

    init() {
        socket = Host.environment("NOTIFY_SOCKET").flatMap { NotifySocket(named: $0) }
    }

    /// All interfaces accept connections, and the engine has opened the spool.
    func sayReady() {
        socket?.send("READY=1\nSTATUS=Serving")
    }

    /// The configuration is being read again; ``sayReady()`` follows when that is done.
    func sayReloading() {
        socket?.send("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic())")
    }

    /// The server is stopping.
    func sayStopping() {
        socket?.send("STOPPING=1\nSTATUS=Stopping; running jobs go on")
    }

    /// A heartbeat.
    func sayAlive() {
        socket?.send("WATCHDOG=1")
    }
}
