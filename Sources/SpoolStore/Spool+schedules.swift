internal import Glibc
internal import LinuxSystem
public import SpoolModel

/// Schedules that were made: they can be paused, and changed in place.
///
/// A paused schedule has a file `paused` in its job's directory, which users may create with touch(1). Its times go by
/// without a run; the engine looks for the file when a time comes, so neither a pause nor its end needs an event.
extension Spool {
    static let pause = "paused"

    /// Whether a schedule is paused.
    public func isPaused(_ id: JobID) -> Bool { jobs.contains("\(id.day)/\(id)/\(Spool.pause)") }

    /// Pauses a schedule, durably. One that is paused keeps its first pause.
    public func pause(_ id: JobID, by requester: Requester?) throws(SpoolError) {
        let job = try scheduleDirectory(of: id)
        try doing("pause the schedule \(id)") { () throws(SystemError) in
            guard !job.directory.contains(Spool.pause) else { return }
            try job.directory.publish(Spool.pause, SchedulePause.content(by: requester))
        }
        announce(id.description)
    }

    /// Ends the pause of a schedule, durably. It runs next at its next time; those that have gone by are not made up for.
    public func endPause(of id: JobID) throws(SpoolError) {
        let job = try scheduleDirectory(of: id)
        do throws(SystemError) {
            try job.directory.durably { directory throws(SystemError) in try directory.remove(Spool.pause) }
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "end the pause of the schedule \(id)") }
        }
        announce(id.description)
    }

    private func scheduleDirectory(of id: JobID) throws(SpoolError) -> JobDirectory {
        let job = try directory(of: id)
        guard try job.status().state == .scheduled else { throw Spool.noSchedule(id) }
        return job
    }

    private static func noSchedule(_ id: JobID) -> SpoolError {
        SpoolError(.refused, "The job \(id) is no schedule any more")
    }

    // MARK: Changes

    /// How long a change waits for the job's lock, which the engine has while it makes a run, in microseconds.
    public static let changePatience: Int64 = 10_000_000

    /// Changes the metadata of a schedule in place, durably: its id and its runs stay.
    ///
    /// If the schedule itself is another one afterwards, its next time is removed first, and the engine finds a new one. So
    /// after a crash at any point, the old or the new schedule goes on, and no run is made at a time of the old one for the
    /// new one.
    ///
    /// - Parameters:
    ///   - patience: how long to wait for the job's lock, in microseconds.
    ///   - change: gets the present metadata under the job's lock, when neither the engine nor another request changes
    ///     the job.
    /// - Returns: the metadata as they are now, and whether they were others.
    @discardableResult
    public func changeSchedule(
        _ id: JobID, patience: Int64 = changePatience, _ change: (inout JobMetadata) throws(SpoolError) -> Void
    ) throws(SpoolError) -> (metadata: JobMetadata, isChanged: Bool) {
        let job = try directory(of: id)
        let lock = try lock(of: job, id, patience)
        defer { withExtendedLifetime(lock) {} }
        var status = try job.status()
        guard status.state == .scheduled else { throw Spool.noSchedule(id) }
        // The engine ends it as soon as it has the lock.
        guard !hasCancelRequest(id) else { throw SpoolError(.refused, "The schedule \(id) is being canceled") }
        let present = try job.metadata(of: id)
        var metadata = present
        try change(&metadata)
        guard metadata != present else { return (present, false) }
        if metadata.schedule != present.schedule {
            status[.next] = nil
            status[text: "due"] = nil
            try job.publish(status)
        }
        do throws(SystemError) {
            try job.directory.publish("metadata.json", metadata.file)
        } catch {
            throw SpoolError(error, while: "change the schedule \(id)")
        }
        announce(id.description)
        return (metadata, true)
    }

    /// Takes the job's lock; waits while the engine has it.
    private func lock(of job: borrowing JobDirectory, _ id: JobID, _ patience: Int64) throws(SpoolError) -> HeldJobLock
    {
        let deadline = SystemClock.monotonic() + patience
        while true {
            if let lock = try job.tryLock() { return HeldJobLock(lock) }
            guard SystemClock.monotonic() < deadline else {
                throw SpoolError(.busy, "The schedule \(id) is in use: try again")
            }
            usleep(5000)
        }
    }
}

/// A job's lock, held until this object is freed.
private final class HeldJobLock {
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}

extension JobDirectory {
    /// Since when the schedule in this directory is paused; nil if it is not.
    public func pause() -> SchedulePause? {
        guard let information = directory.informationIfAny(Spool.pause) else { return nil }
        // An entry of any kind pauses the schedule. The requester's name in it is for people.
        let content = information.kind == .file ? try? directory.content(Spool.pause, limit: SchedulePause.limit) : nil
        return SchedulePause(content: content ?? [], since: Timestamp(microseconds: information.modified / 1000))
    }
}
