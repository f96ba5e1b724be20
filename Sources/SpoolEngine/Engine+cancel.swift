internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Serves a request in `cancel/`.
    func cancel(_ name: FileName) {
        do throws(SpoolError) {
            let isDirectory = spool.cancel.informationIfAny(name)?.kind == .directory
            guard let text = name.text, let id = JobID(text), id.description == text, !isDirectory else {
                // A directory or a file with another name: it is kept in quarantine, with the reason.
                guard !name.isHidden else { return }
                let reason = "cancel/ takes files named by a job's id"
                try spool.quarantine(name, in: spool.cancel, reason: reason)
                return logger.warning("cancel/\(name) went to quarantine/: \(reason)")
            }
            do throws(SpoolError) {
                try see(try OpenJob(id, in: spool))
            } catch {
                // A job that cannot be read may still run, and its shim can end it. The request stays until then.
                if isWatched(id), spool.contains(id) { return tellToStop(id) }
                guard error.code == .missing else { throw error }
                logger.warning("A request to cancel names no job", metadata: ["job": "\(id)"])
                try spool.withdrawCancel(text)
            }
            remarks.clear(.cancel(name))
        } catch {
            guard error.code != .missing || spool.cancel.contains(name) else { return }
            // The request stays, and is served as soon as possible.
            say(.error, "The request cancel/\(name) cannot be met: \(error)", about: .cancel(name))
        }
    }
}
