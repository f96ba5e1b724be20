internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

/// Handling of trees that are copies, or may be.
extension Engine {
    /// Determines whether the tree is a copy. If it may be one, separates it from other trees before jobs start.
    func openHeld() {
        do throws(SpoolError) {
            let state = try hold.state(by: settings.holdCopies)
            if let sentence = state.sentence { logger.warning("\(sentence)") }
            guard state.identity != .original else { return completeFormat() }
            // Until the copy is separated, jobs could write into other trees.
            note(.held(true))
            // It may hold a snapshot of `active/` and a later one of `jobs/`.
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
            // The identity that the file `format` has already is enough to recognize copies.
            logger.error("\(error)")
        }
    }

    func releaseIfAllowed() {
        // If the state cannot be read now, the next full read tries again.
        guard isHeld, let state = try? hold.state(by: settings.holdCopies), !state.isHeld else {
            return
        }
        do throws(SpoolError) {
            // If the configuration released the copy, this step was not done yet.
            if state.identity.isCopy { try spool.separate(includingData: true) }
        } catch {
            return logger.error("The spool stays held: \(error)")
        }
        logger.notice("The spool was released: pending and scheduled jobs are started from now on")
        note(.held(false))
        lookAtEverything(isFirst: true)
    }

    /// Marks the unfinished jobs of a copy: if `active/` was copied before `jobs/`, some have no marks. This reads
    /// every job, which only copies need.
    func markUnfinished() {
        do throws(SpoolError) {
            let marked = Set(try spool.activeIDs())
            for id in try spool.allIDs().ids where !marked.contains(id) {
                do throws(SpoolError) {
                    if try !spool.directory(of: id).status().state.isFinal { try spool.mark(id) }
                } catch {
                    quarantine(id, reason: error)
                }
            }
        } catch {
            logger.error("\(error)")
        }
    }
}
