internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension Cleaning {
    /// Microseconds after a job's end in which untouched files of its code are removed from its directory.
    private static let trimming: Int64 = 10_000_000
    /// The most jobs that are measured in one call.
    private static let measureBatch = 512

    /// Measures jobs of unknown size, if a rule limits the total size. Later changes of a job's size go unnoticed.
    func measure(by rules: RetentionRules) {
        if rules.keepSize != nil { retention.noteUnmeasured() }
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
            retention.setSize(spool.directoryIfAny(of: id)?.diskUsage ?? 0, of: id)
        }
        fresh = fresh.filter { retention.unmeasured.contains($0.key) }
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
