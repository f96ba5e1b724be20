internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

/// What follows from that the tree is a copy, or may be one.
extension Engine {
    /// Finds out whether the tree is a copy, and sees to what follows from that before anything in it is looked at.
    func openHeld() {
        do throws(SpoolError) {
            let state = try hold.state(by: settings.holdCopies)
            if let sentence = state.sentence { logger.warning("\(sentence)") }
            guard state.identity != .original else { return completeFormat() }
            // Until it is seen to: what would be started might write into other trees.
            note(.held(true))
            // A snapshot of `active/` and a younger one of `jobs/` may be in it.
            markUnfinished()
            try spool.separate(includingData: !state.isHeld && state.identity.isCopy)
            note(.held(state.isHeld))
        } catch {
            note(.held(true))
            logger.error("Nothing is started until it is known whether the spool is a copy: \(error)")
        }
    }

    private func completeFormat() {
        do throws(SpoolError) {
            try spool.completeFormat()
        } catch {
            // What tells it from copies today tells it tomorrow.
            logger.error("\(error)")
        }
    }

    func releaseIfAllowed() {
        // What cannot be read now is looked at again with everything else.
        guard isHeld, let state = try? hold.state(by: settings.holdCopies), !state.isHeld else {
            return
        }
        do throws(SpoolError) {
            // Where the configuration has released it, nobody has done so before.
            if state.identity.isCopy { try spool.separate(includingData: true) }
        } catch {
            return logger.error("The spool stays held: \(error)")
        }
        logger.notice("The spool was released: pending and scheduled jobs are started from now on")
        note(.held(false))
        lookAtEverything(isFirst: true)
    }

    /// Marks the jobs of a copy that are not finished: whoever copied `active/` first and then `jobs/` has copied jobs
    /// without marks. It reads every job, which a spool that is no copy never has to.
    func markUnfinished() {
        do throws(SpoolError) {
            let marked = Set(try spool.activeIDs())
            for id in try spool.allIDs().ids where !marked.contains(id) {
                do throws(SpoolError) {
                    if try !spool.directory(of: id).status().state.isFinal { try spool.mark(id) }
                } catch {
                    setAside(id, reason: error)
                }
            }
        } catch {
            logger.error("\(error)")
        }
    }
}
