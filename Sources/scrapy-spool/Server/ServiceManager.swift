internal import LinuxSystem
internal import SpoolConfiguration

/// Notifies the service manager that started this server, for example systemd (sd_notify(3)). Does nothing without one.
final class ServiceManager: Sendable {
    private let socket: NotifySocket?

    init() {
        socket = Host.environment("NOTIFY_SOCKET").flatMap { NotifySocket(named: $0) }
    }

    /// All interfaces accept connections, and the engine has opened the spool.
    ///
    /// - Parameter problem: why the configuration was not read anew; nil if nothing is wrong.
    func sayReady(despite problem: ConfigurationError? = nil) {
        let remark = problem.map { ", but the new configuration was not applied: \($0)" } ?? ""
        // A line break ends a variable.
        socket?.send("READY=1\nSTATUS=Serving\(remark.split(separator: "\n").joined(separator: " "))")
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
