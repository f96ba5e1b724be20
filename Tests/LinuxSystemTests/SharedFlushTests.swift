import Glibc
import LinuxSystem
import Synchronization
import Testing

@Suite("The flush that threads share")
struct SharedFlushTests {
    /// Stands for the disk: a flush of the directories can be held, and any can fail.
    private final class Disk: Sendable {
        let flushes = Mutex<[[[Int32]]]>([])
        let failing = Mutex<Set<Int32>>([])
        let begun = Semaphore()
        let mayEnd = Semaphore()
        let isHeld: Bool

        init(isHeld: Bool = false) {
            self.isHeld = isHeld
        }

        func each(_ groups: [[Int32]], of shared: Int32) -> [SystemError?] {
            flushes.withLock { $0.append(groups) }
            if isHeld, groups.contains([shared]) {
                begun.post()
                mayEnd.wait()
            }
            let failing = failing.withLock { $0 }
            return groups.map { group in
                group.contains(where: failing.contains) ? SystemError(code: EIO, operation: "flush") : nil
            }
        }

        /// How often the directories were flushed.
        func count(of shared: Int32) -> Int {
            flushes.withLock { $0.count { $0.contains([shared]) } }
        }
    }

    private struct Stage {
        let disk: Disk
        let shared: Int32
        let flush: SharedFlush
        let outcomes = Outcomes()

        init(_ disk: Disk) throws {
            let directory = OpenFile(try Directory(path: "/"))
            let number = directory.descriptor.number
            self.disk = disk
            shared = number
            flush = SharedFlush(of: [directory]) { disk.each($0, of: number) }
        }

        /// Lets another thread flush.
        func begin(_ name: String, with own: [Int32] = []) throws {
            let (flush, outcomes) = (flush, outcomes)
            try startThread(named: "flusher") {
                do throws(SystemError) {
                    try flush.flush(with: own)
                    outcomes.note(name, nil)
                } catch {
                    outcomes.note(name, error)
                }
            }
        }

        /// Waits until so many threads wait for the flush that is under way.
        func await(waiting count: Int) {
            while flush.waiting < count { sched_yield() }
        }
    }

    private final class Outcomes: Sendable {
        private let all = Mutex<[String: Int32]>([:])
        private let arrival = Semaphore()

        func note(_ name: String, _ error: SystemError?) {
            all.withLock { $0[name] = error?.code ?? 0 }
            arrival.post()
        }

        /// The codes of the first so many threads that have ended.
        func first(_ count: Int) -> [String: Int32] {
            for _ in 0..<count { arrival.wait() }
            return all.withLock { $0 }
        }
    }

    @Test("One that is alone flushes the directories and its own files at once, and waits for nothing")
    func alone() throws {
        let stage = try Stage(Disk())
        for _ in 0..<3 { try stage.flush.flush(with: [1000, 1001]) }
        #expect(stage.disk.flushes.withLock { $0 } == Array(repeating: [[1000, 1001], [stage.shared]], count: 3))
    }

    @Test("All that come while a flush is under way share the next one, which begins at its end")
    func shared() throws {
        let stage = try Stage(Disk(isHeld: true))
        try stage.begin("first")
        stage.disk.begun.wait()
        for number in 0..<20 { try stage.begin("\(number)", with: [Int32(2000 + number)]) }
        stage.await(waiting: 20)
        // Their own files they have flushed meanwhile.
        #expect(stage.disk.flushes.withLock { $0.count } == 21)
        stage.disk.mayEnd.post()
        #expect(stage.outcomes.first(1) == ["first": 0])
        stage.disk.begun.wait()
        // The flush under way has begun before this one has come: it does not serve it.
        try stage.begin("last")
        stage.await(waiting: 1)
        stage.disk.mayEnd.post()
        let served = stage.outcomes.first(20)
        #expect(served.count == 21 && served["last"] == nil && served.values.allSatisfy { $0 == 0 })
        stage.disk.begun.wait()
        stage.disk.mayEnd.post()
        #expect(stage.outcomes.first(1)["last"] == 0)
        #expect(stage.disk.count(of: stage.shared) == 3 && !stage.flush.hasFailed)
    }

    @Test("A failure of the directories is that of all whose names it may have dropped, and the last flush")
    func failure() throws {
        let stage = try Stage(Disk(isHeld: true))
        try stage.begin("first", with: [3000])
        stage.disk.begun.wait()
        for number in 0..<5 { try stage.begin("\(number)") }
        stage.await(waiting: 5)
        stage.disk.failing.withLock { $0 = [stage.shared] }
        stage.disk.mayEnd.post()
        let outcomes = stage.outcomes.first(6)
        #expect(outcomes.count == 6 && outcomes.values.allSatisfy { $0 == EIO })
        stage.disk.failing.withLock { $0 = [] }
        #expect(stage.flush.hasFailed)
        #expect(throws: SystemError.self) { try stage.flush.flush(with: [3001]) }
        #expect(stage.disk.count(of: stage.shared) == 1)
    }

    @Test("A failure of the second flush is that of all that it serves, and that wait for the third")
    func laterFailure() throws {
        let stage = try Stage(Disk(isHeld: true))
        try stage.begin("first")
        stage.disk.begun.wait()
        for name in ["second", "third"] { try stage.begin(name) }
        stage.await(waiting: 2)
        stage.disk.mayEnd.post()
        #expect(stage.outcomes.first(1) == ["first": 0])
        stage.disk.begun.wait()
        try stage.begin("fourth")
        stage.await(waiting: 1)
        stage.disk.failing.withLock { $0 = [stage.shared] }
        stage.disk.mayEnd.post()
        #expect(stage.outcomes.first(3) == ["first": 0, "second": EIO, "third": EIO, "fourth": EIO])
    }

    @Test("Files of one that cannot be flushed are its own failure, also if it flushes for others")
    func ownFailure() throws {
        let stage = try Stage(Disk(isHeld: true))
        stage.disk.failing.withLock { $0 = [4000, 4001] }
        try stage.begin("leader", with: [4000])
        stage.disk.begun.wait()
        try stage.begin("ill", with: [4001])
        #expect(stage.outcomes.first(1) == ["ill": EIO])
        for number in 0..<3 { try stage.begin("well \(number)", with: [5000]) }
        stage.await(waiting: 3)
        stage.disk.mayEnd.post()
        #expect(stage.outcomes.first(1)["leader"] == EIO)
        stage.disk.begun.wait()
        stage.disk.mayEnd.post()
        let outcomes = stage.outcomes.first(3)
        #expect((0..<3).allSatisfy { outcomes["well \($0)"] == 0 } && !stage.flush.hasFailed)
        #expect(stage.disk.count(of: stage.shared) == 2)
    }

    @Test("Among many threads, each flush begins after the changes of all whom it serves")
    func many() throws {
        // A change is a number that is set, and what is on the disk is what was set when the flush began.
        let live = Mutex<[Bool]>(Array(repeating: false, count: 400))
        let kept = Mutex<[Bool]>(Array(repeating: false, count: 400))
        let lost = Atomic<Int>(0)
        let flushes = Atomic<Int>(0)
        let flush = SharedFlush(of: [OpenFile(try Directory(path: "/"))]) { groups in
            if groups.last != [] {
                flushes.add(1, ordering: .relaxed)
                let now = live.withLock { $0 }
                sched_yield()
                kept.withLock { $0 = now }
            }
            return groups.map { _ in nil }
        }
        let ends = Semaphore()
        for thread in 0..<8 {
            try startThread(named: "creator") {
                for number in 0..<50 {
                    live.withLock { $0[thread * 50 + number] = true }
                    do throws(SystemError) { try flush.flush() } catch { lost.add(1, ordering: .relaxed) }
                    if !kept.withLock({ $0[thread * 50 + number] }) { lost.add(1, ordering: .relaxed) }
                }
                ends.post()
            }
        }
        for _ in 0..<8 { ends.wait() }
        #expect(lost.load(ordering: .relaxed) == 0)
        #expect((1...400).contains(flushes.load(ordering: .relaxed)))
    }

    @Test("Groups that are flushed at once fail each by itself")
    func groups() throws {
        let directory = OpenFile(try Directory(path: "/tmp"))
        let pipe = try Pipe()
        let failures = Flush.each([[directory.descriptor.number], [pipe.writing.number], []])
        #expect(failures[0] == nil && failures[1]?.code == EINVAL && failures[2] == nil)
    }
}
