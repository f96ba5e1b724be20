internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Handling of a job whose directory is removed while no engine signals the shim: there is no engine, or it does not
/// know the job because its mark was removed as well.
extension Shim {
    /// Microseconds between two checks of the directory. A process that has it open gets no event of its removal.
    private static let placeInterval: Int64 = 5_000_000
    /// The number of consecutive failed checks, a minute's worth, where the filesystem may make it available again.
    private static let mostMissed = 12

    /// Requests the end of a job whose directory was removed.
    mutating func seeWhetherPlaceIsGone() {
        let now = SystemClock.monotonic()
        guard stop.cause == nil, now >= nextPlaceLook else { return }
        nextPlaceLook = now + Shim.placeInterval
        placeMissed = job.isMissing ? placeMissed + 1 : 0
        if job.isRemoved || placeMissed >= Shim.mostMissed { stop.request(.cancel, at: now) }
    }
}
