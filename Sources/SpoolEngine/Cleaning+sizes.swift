internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension Cleaning {
    /// Microseconds after a job's end in which the files of its code that it did not touch are taken out of its directory.
    private static let trimming: Int64 = 10_000_000
    private static let block: Int64 = 4096
    /// Jobs that are measured at a time.
    private static let measureBatch = 512

    /// Finds out how much room jobs take of which that is not known, if a rule asks for it. What becomes of a job later is
    /// not seen.
    func measure(by rules: RetentionRules) {
        guard rules.keepSize != nil, !retention.unmeasured.isEmpty else {
            (measureDue, fresh) = (nil, [:])
            return
        }
        if let due = measureDue, due > now { return }
        var count = 0
        measureDue = nil
        for id in retention.unmeasured {
            if let ended = fresh[id], ended + Cleaning.trimming > now {
                measureDue = min(measureDue ?? .max, ended + Cleaning.trimming)
                continue
            }
            guard count < Cleaning.measureBatch else {
                measureDue = now
                break
            }
            count += 1
            fresh[id] = nil
            // What cannot be looked into takes no room that could be had.
            retention.setSize((try? Cleaning.size(of: spool.directory(of: id).directory)) ?? 0, of: id)
        }
        fresh = fresh.filter { retention.unmeasured.contains($0.key) }
    }

    /// Bytes of the files in a directory and below it, in blocks of 4 KiB. A file with several names counts as its share. What
    /// cannot be looked into is left out, and so is what is deeper than so many directories.
    private static func size(of directory: borrowing Directory, depth: Int = 64) throws(SystemError) -> Int64 {
        var total = block
        for (name, _) in try directory.entries() {
            guard let information = try? directory.information(name) else { continue }
            if information.kind != .directory {
                let blocks = max(0, information.size - 1) / block + 1
                total = total.addedSaturating(
                    blocks.multipliedSaturating(by: block) / Int64(clamping: max(1, information.links)))
            } else if depth > 0, let bytes = try? size(of: directory.directory(name), depth: depth - 1) {
                total = total.addedSaturating(bytes)
            }
        }
        return total
    }

    /// When, by the steady clock, a job is too old; nil where none will be, or where that is tried again anyway.
    func expiryDue(by rules: RetentionRules) -> Int64? {
        guard !isPurgeTroubled, rules.keep != nil || rules.keepFailed != nil else { return nil }
        let believed = clock.due(for: rules)
        // Until then nothing was read for their sake.
        if !retention.unread.isEmpty, believed > now { return believed }
        guard let expiry = retention.nextExpiry(by: rules) else { return nil }
        let left = expiry.microseconds(since: Timestamp(microseconds: Machine.wallClock()))
        return max(now.addedSaturating(left), believed)
    }
}
