internal import Glibc
internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Whether a shim of this job is watched.
    func isWatched(_ id: JobID) -> Bool { keys[id] != nil }

    /// Watches a job's shim for its end.
    ///
    /// - Parameter isSpare: whether it waited before there was a job for it.
    /// - Returns: false if the process has ended already, or cannot be watched.
    func watch(_ process: ProcessIdentity, of id: JobID, isSpare: Bool = false) -> Bool {
        guard let descriptor = process.open() else { return false }
        let key = nextKey
        nextKey += 1
        do throws(SystemError) {
            try queue.add(descriptor.descriptor, key: key)
        } catch {
            logger.error("The engine cannot wait for a shim: \(error)", metadata: ["job": "\(id)"])
            return false
        }
        shims[key] = Shim(job: id, process: process, descriptor: descriptor, isSpare: isSpare)
        keys[id] = key
        note(.watching(id))
        watchDay(of: id)
        return true
    }

    /// Signals the shim of a job to end it (SIGUSR1), once, and again if the request names a later step.
    func tellToStop(_ id: JobID) {
        guard let key = keys[id], let shim = shims[key] else { return }
        let step = spool.cancelStep(of: id)
        guard !shim.isToldToStop || step.map({ step in shim.step.map { $0 < step } ?? true }) == true else { return }
        do throws(SystemError) {
            try shim.descriptor.send(SIGUSR1)
            shim.isToldToStop = true
            shim.step = step
        } catch {
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    func shimEnded(_ key: UInt64) {
        guard let shim = shims.removeValue(forKey: key) else { return }
        queue.remove(shim.descriptor.descriptor)
        keys[shim.job] = nil
        note(.shimEnded(shim.job))
        // This process is not the parent of an adopted shim, so it cannot get its exit status.
        let status = try? shim.descriptor.reap()
        // One that a signal has ended, for which the low bits are not 0 (waitpid(2)), has reported nothing.
        unprepared[shim.job] = status.flatMap { end in
            end & 0x7F == 0 ? JobDirectory.failureOfStart(exitStatus: Command.exitStatus(of: end)) : nil
        }
        spares.ended = shim.isSpare ? shim.job : nil
        reconcile(shim.job, isFlushed: status == 0)
        unprepared[shim.job] = nil
        spares.ended = nil
    }

    /// A shim that is in charge of a job.
    final class Shim {
        let job: JobID
        let process: ProcessIdentity
        let descriptor: ProcessDescriptor
        let isSpare: Bool
        var isToldToStop = false
        /// The step of the request that it was told of.
        var step: CancelRequest.Step?

        init(job: JobID, process: ProcessIdentity, descriptor: consuming ProcessDescriptor, isSpare: Bool) {
            self.job = job
            self.process = process
            self.descriptor = descriptor
            self.isSpare = isSpare
        }
    }
}
