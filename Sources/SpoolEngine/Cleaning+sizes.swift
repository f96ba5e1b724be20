internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension Cleaning {
    /// Microseconds after a job's end in which untouched files of its code are removed from its directory.
    private static let trimming: Int64 = 10_000_000
    /// Bytes that a directory counts as.
    private static let directory: Int64 = 4096
    /// Bytes of a block of `st_blocks` (stat(2)).
    private static let block: Int64 = 512
    /// The most jobs that are measured in one call.
    private static let measureBatch = 512

    /// Measures jobs of unknown size, if a rule limits the total size. Later changes of a job's size go unnoticed.
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
            // Deleting a directory that cannot be read frees no room, so it counts as empty.
            retention.setSize((try? Cleaning.size(of: spool.directory(of: id).directory)) ?? 0, of: id)
        }
        fresh = fresh.filter { retention.unmeasured.contains($0.key) }
    }

    /// Bytes of the disk that the files in a directory and below it take; holes take none. The size of a file is divided
    /// by its number of hard links. Entries that cannot be read are left out, and so are those more than `depth`
    /// directories deep.
    private static func size(of directory: borrowing Directory, depth: Int = 64) throws(SystemError) -> Int64 {
        var total = Cleaning.directory
        for (name, _) in try directory.entries() {
            guard let (information, blocks) = directory.usageIfAny(name) else { continue }
            if information.kind != .directory {
                total = total.addedSaturating(
                    blocks.multipliedSaturating(by: block) / Int64(clamping: max(1, information.links)))
                // See above.
            } else if depth > 0, let bytes = try? size(of: directory.directory(name), depth: depth - 1) {
                total = total.addedSaturating(bytes)
            }
        }
        return total
    }

    /// When, by the steady clock, a job expires next; nil if none will, or if a failed purge is tried again anyway.
    func expiryDue(by rules: RetentionRules) -> Int64? {
        guard !isPurgeTroubled, rules.keep != nil || rules.keepFailed != nil else { return nil }
        let believed = clock.due(for: rules)
        // Ends are not read for the rules on age before the clock is trusted.
        if !retention.unread.isEmpty, believed > now { return believed }
        guard let expiry = retention.nextExpiry(by: rules) else { return nil }
        let left = expiry.microseconds(since: Timestamp(microseconds: SystemClock.wall()))
        return max(now.addedSaturating(left), believed)
    }
}
