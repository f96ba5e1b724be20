internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// What a shim does where its job's directory is removed and no engine says so: none is there, or it does not know of the
/// job, whose mark was removed as well.
extension Shim {
    /// Between two looks whether the directory is still there. Its removal is no event for whoever has it open.
    private static let placeInterval: Int64 = 5_000_000
    /// Looks, one after the other, at which it has to be missing where the filesystem may bring it back: a minute of them.
    private static let mostMissed = 12

    /// Asks the spider of a removed job to end.
    mutating func seeWhetherPlaceIsGone() {
        let now = Machine.steadyClock()
        guard stop.cause == nil, now >= nextPlaceLook else { return }
        nextPlaceLook = now + Shim.placeInterval
        placeMissed = job.isMissing ? placeMissed + 1 : 0
        if job.isRemoved || placeMissed >= Shim.mostMissed { stop.request(.cancel, at: now) }
    }
}
