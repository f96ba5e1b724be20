internal import LinuxSystem

/// A shim that was started before its job may run, so that the time until it is ready is not lost: it waits for a byte,
/// and leaves without one, as it does when this process ends.
struct HeldShim: ~Copyable {
    /// The process.
    let pid: Int32
    private let leash: Descriptor

    init(pid: Int32, leash: consuming Descriptor) {
        self.pid = pid
        self.leash = leash
    }

    /// Lets it start the job. What has become of a shim that is gone already tells the job's directory.
    consuming func letGo() {
        try? leash.write([1])
    }

    /// Sends it away, and waits until it is gone and the lock with it.
    consuming func dismiss() {
        let pid = pid
        try? leash.close()
        _ = try? Command.awaitEnd(of: pid)
    }
}
