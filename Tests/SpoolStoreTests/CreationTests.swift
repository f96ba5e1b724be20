import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import Synchronization
import TestSpool
import Testing

@Suite("The moment in which a job has its name, and the disk does not")
struct CreationTests {
    /// Creates a job while something else happens, between its move to its day and the flush of that.
    private func create(
        _ job: Job, in temporary: TemporarySpool, during flush: @escaping @Sendable () throws -> Void
    ) throws {
        let spool = temporary.spool
        let place = "\(temporary.path)/jobs/\(job.id.day)"
        try spool.jobs.makeDirectory(job.id.day)
        let failure = Mutex<(any Error)?>(nil)
        let calls = Atomic(0)
        let shared = SharedFlush(of: [OpenFile(try Directory(path: place))]) { groups in
            // The engine may flush as well.
            guard calls.add(1, ordering: .relaxed).newValue == 1 else { return groups.map { _ in nil } }
            do {
                try flush()
            } catch {
                failure.withLock { $0 = error }
            }
            return groups.map { _ in nil }
        }
        spool.flushesOfDays.withLock { $0[job.id.day] = shared }
        try spool.create(job)
        if let failure = failure.withLock({ $0 }) { throw failure }
        // Without this the flush of the test was not taken.
        #expect(calls.load(ordering: .relaxed) > 0)
    }

    @Test("An engine is told of the job while the disk takes its name", arguments: [false, true])
    func told(keepsOrder: Bool) throws {
        let temporary = try TemporarySpool(keepsOrder: keepsOrder)
        let job = temporary.job()
        let spool = temporary.spool
        let inotify = try Inotify()
        _ = try inotify.watch(spool.active, for: .attributes)
        try create(job, in: temporary) {
            #expect(spool.contains(job.id))
            let names = try inotify.events().map(\.name)
            #expect(names == [job.id.description])
        }
    }

    @Test("A job that has ended by then gets no other mark", arguments: [false, true])
    func ended(keepsOrder: Bool) throws {
        let temporary = try TemporarySpool(keepsOrder: keepsOrder)
        let job = temporary.job()
        let spool = temporary.spool
        try create(job, in: temporary) {
            var status = job.status
            status.state = .successful
            try spool.directory(of: job.id).finish(status)
            try spool.unmark(job.id)
        }
        #expect(try spool.activeIDs().isEmpty)
    }

    @Test("A job that was deleted by then gets no mark", arguments: [false, true])
    func deleted(keepsOrder: Bool) throws {
        let temporary = try TemporarySpool(keepsOrder: keepsOrder)
        let job = temporary.job()
        let spool = temporary.spool
        try create(job, in: temporary) {
            try spool.unmark(job.id)
            try spool.jobs.removeTree("\(job.id.day)/\(job.id)")
        }
        #expect(try spool.activeIDs().isEmpty)
    }

    @Test(
        "A job whose mark was dropped gets another one, also if its status cannot be read", arguments: [false, true],
        [false, true])
    func dropped(isDamaged: Bool, keepsOrder: Bool) throws {
        let temporary = try TemporarySpool(keepsOrder: keepsOrder)
        let job = temporary.job()
        let spool = temporary.spool
        try create(job, in: temporary) {
            try spool.unmark(job.id)
            if isDamaged { try spool.directory(of: job.id).directory.writeDurably("status", Array("?".utf8)) }
        }
        #expect(try spool.activeIDs() == [job.id])
    }

    @Test("Whoever starts the job meanwhile waits until its name is durable", arguments: [false, true])
    func waits(keepsOrder: Bool) throws {
        let temporary = try TemporarySpool(keepsOrder: keepsOrder)
        let job = temporary.job()
        let (spool, id) = (temporary.spool, job.id)
        let isOver = Flag(), sawEnd = Flag()
        let end = Semaphore()
        try create(job, in: temporary) {
            let shared = try #require(spool.flushesOfDays.withLock { $0[id.day] })
            try startThread(named: "starter") {
                // A failure leaves the flag, which fails the test.
                if (try? spool.flush(try spool.directory(of: id).directory, of: id)) != nil, isOver.isUp {
                    sawEnd.raise()
                }
                end.post()
            }
            while shared.waiting < 1 { sched_yield() }
            isOver.raise()
        }
        end.wait()
        #expect(sawEnd.isUp)
    }

    @Test("Whoever starts the job later flushes only its directory", arguments: [false, true])
    func later(keepsOrder: Bool) throws {
        let temporary = try TemporarySpool(keepsOrder: keepsOrder)
        let job = temporary.job()
        try create(job, in: temporary) {}
        let calls = Mutex(0)
        let place = OpenFile(try Directory(path: "\(temporary.path)/jobs/\(job.id.day)"))
        let shared = SharedFlush(of: [place]) { groups in
            calls.withLock { $0 += 1 }
            return groups.map { _ in nil }
        }
        temporary.spool.flushesOfDays.withLock { $0[job.id.day] = shared }
        try temporary.spool.flush(try temporary.spool.directory(of: job.id).directory, of: job.id)
        #expect(calls.withLock { $0 } == 0)
    }

    @Test("Where the order is kept, the flush of the name has the job's files; elsewhere they are on the disk before")
    func files() throws {
        for keepsOrder in [false, true] {
            let temporary = try TemporarySpool(keepsOrder: keepsOrder)
            let job = temporary.job()
            try temporary.spool.jobs.makeDirectory(job.id.day)
            let place = "\(temporary.path)/jobs/\(job.id.day)"
            let flushed = Mutex<[String]>([])
            let shared = SharedFlush(of: [OpenFile(try Directory(path: place))]) { groups in
                flushed.withLock { names in
                    names += groups.joined().compactMap {
                        try? Directory(path: "/proc/self/fd").target(ofLink: "\($0)")
                    }
                }
                return groups.map { _ in nil }
            }
            temporary.spool.flushesOfDays.withLock { $0[job.id.day] = shared }
            try temporary.spool.create(job)
            let own = keepsOrder ? ["\(job.id)/metadata.json", "\(job.id)/status"] : []
            #expect(flushed.withLock { $0 }.sorted() == (["\(place)"] + own.map { "\(place)/\($0)" }).sorted())
            #expect(try temporary.spool.job(job.id).status == job.status)
        }
    }

    @Test("A job whose files cannot be flushed is reported as failed")
    func failedFlush() throws {
        let temporary = try TemporarySpool(keepsOrder: true)
        let job = temporary.job()
        try temporary.spool.jobs.makeDirectory(job.id.day)
        let place = OpenFile(try Directory(path: "\(temporary.path)/jobs/\(job.id.day)"))
        let shared = SharedFlush(of: [place]) { groups in
            groups.enumerated().map { $0.offset == 0 ? SystemError(code: EIO, operation: "flush to the disk") : nil }
        }
        temporary.spool.flushesOfDays.withLock { $0[job.id.day] = shared }
        let error = #expect(throws: SpoolError.self) { try temporary.spool.create(job) }
        #expect(error?.cause?.code == EIO)
        #expect(try temporary.names("tmp").isEmpty)
    }
}

/// What one thread tells another once.
private final class Flag: Sendable {
    private let state = Atomic(false)

    var isUp: Bool { state.load(ordering: .acquiring) }

    func raise() { state.store(true, ordering: .releasing) }
}
