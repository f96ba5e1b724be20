import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Claims, and the pen for the status of a job on another machine")
struct ClaimTests {
    /// A job that was handed to Slurm as the attempt `a1`, in a spool of its own.
    private func handedOver(_ body: (borrowing JobDirectory, JobStatus) throws -> Void) throws {
        let temporary = try TemporarySpool()
        var job = temporary.job()
        job.status[.attempt] = "a1"
        job.status[.executor] = "slurm"
        try temporary.spool.create(job)
        try body(try temporary.spool.directory(of: job.id), job.status)
    }

    @Test("A start is claimed once")
    func claim() throws {
        try handedOver { job, status in
            #expect(status.remoteAttempt == "a1")
            let before = try job.isClaimed("a1")
            let claims = [try job.claim("a1"), try job.claim("a1")]
            let after = [try job.isClaimed("a1"), try job.isClaimed("a2")]
            #expect(!before && claims == [true, false] && after == [true, false])
        }
    }

    @Test("An open directory tells that it was removed, whatever its mode", arguments: [0o700, 0])
    func removed(mode: UInt32) throws {
        try handedOver { job, _ in
            let id = try job.metadata().id
            let place = try job.directory.directory("../..")
            try place.directory(id.day).setPermissions(id.description, mode)
            let atFirst = job.isRemoved
            try place.rename("\(id.day)/\(id)", to: "\(id.day)/moved")
            let whenMoved = job.isRemoved
            try place.directory(id.day).removeTree("moved")
            let states = [atFirst, whenMoved, job.isRemoved]
            #expect(states == [false, false, true])
        }
    }

    @Test("Who has the pen writes the status and signs of life")
    func pen() throws {
        try handedOver { job, status in
            let isTaken = try job.claim("a1") && job.acquireLease(of: "a1")
            #expect(isTaken)
            var beats = [try job.heartbeat(of: "a1")]
            for number in [1, 12] {
                try job.heartbeat(number, of: "a1")
                beats.append(try job.heartbeat(of: "a1"))
            }
            #expect(beats == [nil, "1\n", "12\n"])
            var told = status
            told.state = .running
            let isPublished = try job.publish(told, by: "a1")
            let running = try job.status()
            #expect(isPublished && running == told)
            told.state = .successful
            let isFinished = try job.finish(told, by: "a1")
            let last = try job.status()
            #expect(isFinished && last == told)
            let left = try job.directory.directory("claim.a1/pen").names()
            #expect(left.isEmpty)
        }
    }

    @Test("Who lost the pen writes nothing any more, nor takes another one")
    func lostPen() throws {
        try handedOver { job, status in
            _ = try job.claim("a1") && job.acquireLease(of: "a1")
            // A process that is about to rename what it has written when it is stopped.
            let pen = try job.directory.directory("claim.a1/pen")
            try pen.writeDurably("status", [65])
            try job.revokeLease(of: "a1")
            let late = [
                (try? pen.replace("status", in: job.directory, by: "status")) != nil,
                (try? pen.writeDurably("status", [65])) != nil, try job.publish(status, by: "a1"),
                try job.finish(status, by: "a1"), try job.acquireLease(of: "a1"),
            ]
            #expect(late == [false, false, false, false, false])
            let left = try job.status()
            #expect(left == status)
            // Once more, by an engine that was killed in between.
            try job.revokeLease(of: "a1")
        }
    }

    @Test("A claimant that has no pen yet gets none after the start was given up")
    func lateClaimant() throws {
        try handedOver { job, _ in
            _ = try job.claim("a1")
            try job.revokeLease(of: "a1")
            let isTaken = try job.acquireLease(of: "a1")
            #expect(!isTaken)
        }
    }
}
