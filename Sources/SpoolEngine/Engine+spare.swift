internal import LinuxSystem

/// The shim that waits for the next job.
///
/// There is one from the first job on that runs on this machine. With warm starts there is none: there a shim comes from the
/// warm parent.
extension Engine {
    /// Takes the spare shim for a job; nil if there is none. There will be another one.
    func takeSpare() -> SpareShim? {
        needsSpare = true
        endUselessSpare()
        return removeSpare()
    }

    /// Ends the spare shim, or what is left of one that has ended. Only the next job makes another one: this one may have
    /// failed by itself.
    func endSpare() { removeSpare()?.end() }

    /// Ends a spare shim that is not what a new one would be: the configuration has changed.
    private func endUselessSpare() {
        guard let spare else { return }
        if settings.isWarm || spare.path != settings.shim || spare.environment != settings.environment { endSpare() }
    }

    private func removeSpare() -> SpareShim? {
        guard let found = spare.take() else { return nil }
        queue.remove(found.socket.descriptor)
        return found
    }

    /// Starts the next spare shim when nothing else is to be done, and ends one that no job can use.
    func tendSpare() {
        endUselessSpare()
        guard needsSpare, spare == nil, early == nil, !settings.isWarm else { return }
        needsSpare = false
        do throws(SystemError) {
            spare = try SpareShim(path: settings.shim, environment: settings.environment, in: queue, key: Key.spare)
        } catch {
            // The start of the next job reports what is wrong.
        }
    }
}
