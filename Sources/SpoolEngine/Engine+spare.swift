internal import LinuxSystem
internal import Logging
internal import SpoolModel

/// The shim that waits for the next job, if there is one.
struct SpareState {
    var shim: SpareShim?
    /// Whether there should be one.
    var isNeeded = false
    /// The time of the steady clock in microseconds before which there is none.
    var due: Int64 = 0
    /// The job whose shim has just ended, if that shim had waited for it.
    var ended: JobID?
}

/// The shim that waits for the next job.
///
/// There is one from the first job on that starts cold on this machine. The shim of a warm start comes from the warm parent.
extension Engine {
    /// Microseconds without a spare shim after one has failed.
    private static let spareRest: Int64 = 600_000_000

    /// Takes the spare shim for a job; nil if there is none. There will be another one.
    func takeSpare() -> SpareShim? {
        guard SystemClock.monotonic() >= spares.due else { return nil }
        spares.isNeeded = true
        endUselessSpare()
        return removeSpare()
    }

    /// Ends the spare shim, or removes the rest of one that has ended. Only the next job makes another one: this one
    /// may have failed by itself.
    func endSpare() { removeSpare()?.end() }

    /// Notes that a spare shim ended before it took its job. The job starts at once, by a shim of its own.
    func noteVainSpare(_ id: JobID) {
        spares.due = SystemClock.monotonic() + Engine.spareRest
        spares.isNeeded = false
        endSpare()
        logger.warning(
            "The shim that waited for a job ended before it took this one, which gets another; for ten minutes none waits",
            metadata: ["job": "\(id)"])
    }

    /// Ends a spare shim that differs from a new one, because the configuration has changed.
    private func endUselessSpare() {
        guard let spare = spares.shim else { return }
        let settings = settings
        if spare.path != settings.shim || spare.environment != settings.environment { endSpare() }
    }

    private func removeSpare() -> SpareShim? {
        guard let found = spares.shim.take() else { return nil }
        queue.remove(found.socket.descriptor)
        return found
    }

    /// Starts the next spare shim when nothing else is to be done, and ends one that no job can use.
    func tendSpare() {
        endUselessSpare()
        guard spares.isNeeded, spares.shim == nil, early == nil else { return }
        let settings = settings
        spares.isNeeded = false
        do throws(SystemError) {
            spares.shim = try SpareShim(
                path: settings.shim, environment: settings.environment, in: queue, key: Key.spare)
        } catch {
            // The start of the next job reports the error.
        }
    }
}
