import LinuxSystem
import Scheduling
import SpoolHTTP
import SpoolModel
import SpoolStore
import Synchronization
import TestSpool
import Testing

@Suite("Versions of the tree")
struct TreeViewTests {
    private let temporary: TemporarySpool
    private let view: TreeView

    init() throws {
        temporary = try TemporarySpool()
        let source = IndexSource(
            spool: temporary.spool, zone: .utc, isShared: { false },
            observer: try TreeObserver(isShared: { false })
        ) { work in
            do { try startThread(named: "round") { work(true) } } catch { work(false) }
        }
        view = TreeView(source)
    }

    /// What the tree has, read without any memory.
    private func statuses() throws -> [JobID: JobStatus] {
        var statuses: [JobID: JobStatus] = [:]
        for id in try temporary.spool.activeIDs() {
            do { statuses[id] = try temporary.spool.job(id).status } catch { continue }
        }
        return statuses
    }

    private func publish(_ state: JobState, for id: JobID, at microseconds: Int64 = SystemClock.wall()) throws {
        let directory = try temporary.spool.directory(of: id)
        try directory.publish(JobStatus(state, at: Timestamp(microseconds: microseconds)))
    }

    /// Writes into a job's status in place, as an administrator does.
    ///
    /// By a process of its own: processes that other tests start at this moment may have the files of this one open until
    /// they are executed, and that a file was written to is reported when the last of them has closed it (inotify(7)).
    private func spoil(_ id: JobID) throws {
        let directory = try temporary.spool.root.directory(temporary.place(id))
        let null = try Descriptor(reading: "/dev/null")
        let shell = Command(
            path: "/bin/sh", arguments: ["sh", "-c", "echo NONSENSE > status"], environment: [],
            files: [null.number, null.number, null.number])
        let end = try Command.awaitEnd(of: try shell.spawn(in: directory))
        withExtendedLifetime(null) {}
        #expect(end == 0)
    }

    private func project(_ name: String, spiders: [String], at seconds: Int64) throws {
        let projects = try temporary.spool.root.directory("projects")
        _ = try projects.makeDirectoryIfMissing(name)
        let metadata = ProjectMetadata(
            name: ProjectName(name)!, version: 1, directory: name, spiders: spiders.compactMap(SpiderName.init),
            created: Timestamp(seconds: 1), updated: Timestamp(seconds: seconds))
        try projects.directory(name).writeDurably("metadata.json", Array(metadata.file))
    }

    @Test("An empty spool has an empty version, which is then known")
    func empty() async throws {
        #expect(view.knownVersion() == nil)
        let version = try await view.version()
        #expect(version.statuses.isEmpty && version.projects.isEmpty && version.isWatched)
        #expect(view.knownVersion() != nil)
    }

    @Test("A version has what was done before it, whatever that was", arguments: 1...8 as ClosedRange<UInt64>)
    func histories(seed: UInt64) async throws {
        var generator = RepeatableGenerator(seed: seed)
        var ids: [JobID] = []
        var latest = try await view.version()
        for step in 1...120 {
            let id = ids.randomElement(using: &generator)
            switch (Int.random(in: 0..<12, using: &generator), id) {
            case (0...3, _), (_, nil):
                // Of another day now and then.
                let age = Int64.random(in: 0...3, using: &generator) * 86_400_000_000
                let job = temporary.job(
                    JobState.allCases.randomElement(using: &generator) ?? .pending, at: SystemClock.wall() - age)
                try temporary.spool.create(job)
                ids.append(job.id)
            case (4...6, let id?):
                guard temporary.spool.contains(id) else { continue }
                try publish(JobState.allCases.randomElement(using: &generator) ?? .pending, for: id)
            case (7, let id?): try temporary.spool.unmark(id)
            case (8, let id?): try temporary.spool.mark(id)
            case (9, let id?):
                // By hand, as an administrator may.
                if temporary.spool.contains(id) { try temporary.spool.jobs.directory(id.day).removeTree("\(id)") }
            case (10, let id?):
                if temporary.contains("jobs/\(id.day)") { try temporary.spool.jobs.removeTree(id.day) }
            case (_, let id?):
                if Bool.random(using: &generator) { view.drop() }
                guard temporary.spool.contains(id) else { continue }
                try spoil(id)
            }
            guard Int.random(in: 0..<3, using: &generator) > 0 else { continue }
            let version = try await view.version()
            let statuses = try statuses()
            #expect(version.statuses == statuses, "seed \(seed), step \(step)")
            let changes = version.changes(since: latest)
            let expected = changed(from: latest.statuses, to: statuses)
            #expect(changes.jobs == expected, "seed \(seed), step \(step)")
            latest = version
        }
    }

    /// The jobs that are new, other, or gone before they were final.
    private func changed(from old: [JobID: JobStatus], to new: [JobID: JobStatus]) -> [JobID] {
        let changed = new.filter { old[$0.key] != $0.value }.map(\.key)
        return (changed + old.filter { new[$0.key] == nil && !$0.value.state.isFinal }.map(\.key)).sorted()
    }

    @Test("Many tasks at once see each what they did before")
    func crowd() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 1...25 {
                        let job = temporary.job()
                        try temporary.spool.create(job)
                        #expect(try await view.version().statuses[job.id]?.state == .pending)
                        try publish(.running, for: job.id)
                        #expect(try await view.version().statuses[job.id]?.state == .running)
                        try publish(.failed, for: job.id)
                        try temporary.spool.unmark(job.id)
                        #expect(try await view.version().statuses[job.id] == nil)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A job that came and went between two versions is named, if somebody asked for signals")
    func passing() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        view.signal(continuation)
        let first = try await view.version()
        let job = temporary.job()
        try temporary.spool.create(job)
        // A query of somebody else sees it meanwhile.
        #expect(view.knownVersion() == nil)
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        try publish(.successful, for: job.id)
        try temporary.spool.unmark(job.id)
        let second = try await view.version()
        let changes = second.changes(since: first)
        #expect(changes.passing == [job.id] && changes.jobs.isEmpty && !changes.hasOtherProjects)
        let none = try await view.version().changes(since: second)
        #expect(none.passing.isEmpty && none.jobs.isEmpty && !none.hasOtherProjects)
        view.endSignals()
    }

    @Test("Projects that come, change and go are changes, and nothing else is")
    func projects() async throws {
        var earlier = try await view.version()
        func changes() async throws -> Bool {
            let version = try await view.version()
            defer { earlier = version }
            let changes = version.changes(since: earlier)
            #expect(changes.jobs.isEmpty)
            return changes.hasOtherProjects
        }
        try project("shop", spiders: ["a", "b"], at: 2)
        #expect(try await changes() && earlier.projects.map(\.spiders.count) == [2])
        #expect(try await !changes())
        try project("shop", spiders: ["a"], at: 3)
        #expect(try await changes() && earlier.projects.map(\.spiders.count) == [1])
        try temporary.spool.withProjectsLocked(shared: false) {}
        #expect(view.knownVersion() != nil)
        try temporary.spool.projects.removeTree("shop")
        #expect(try await changes() && earlier.projects.isEmpty)
    }

    @Test("After lost events everything is read again")
    func lost() async throws {
        let most = try mostEvents()
        let kept = temporary.job()
        try temporary.spool.create(kept)
        _ = try await view.version()
        for _ in 0...most / 2 {
            try temporary.spool.active.makeDirectory("x")
            try temporary.spool.active.removeDirectory("x")
        }
        let late = temporary.job()
        try temporary.spool.create(late)
        try publish(.running, for: kept.id)
        let version = try await view.version()
        #expect(version.statuses == (try statuses()) && version.statuses.count == 2)
    }
}
