import Glibc
import LinuxSystem
import SpoolHTTP
import SpoolStore
import Synchronization
import TestSpool
import Testing

@Suite("The observer of the tree")
struct TreeObserverTests {
    private final class Notes: Sendable {
        private let names = Mutex<[String]>([])
        func add(_ event: Inotify.Event) { names.withLock { $0.append(event.isLost ? "lost" : event.name) } }
        func take() -> [String] {
            names.withLock { names in
                defer { names = [] }
                return names
            }
        }
    }

    private let temporary: TemporarySpool
    private let observer: TreeObserver

    init() throws {
        temporary = try TemporarySpool()
        observer = try TreeObserver(isShared: { false })
    }

    private func write(_ name: String) throws { try temporary.spool.root.writeDurably(name, [65]) }

    private func watch(
        _ interest: Inotify.Interest, _ note: @escaping TreeObserver.Note
    ) -> TreeObserver.Subscription? {
        observer.watch(temporary.spool.root, for: interest, note)
    }

    @Test("What has happened is noted by the next call, for each subscription to the directory")
    func order() throws {
        let first = Notes(), second = Notes()
        let one = watch(.arrivals) { first.add($0) }
        observer.takeEvents()
        #expect(first.take().isEmpty)
        let two = watch(.departures) { second.add($0) }
        try write("a")
        observer.takeEvents()
        #expect(first.take().contains("a") && second.take().contains("a"))
        withExtendedLifetime((one, two)) {}
    }

    @Test("A watch ends with its last subscription, even if that ends while events are noted")
    func ends() throws {
        let held = Mutex<TreeObserver.Subscription?>(nil)
        let notes = Notes()
        var other = watch(.arrivals) { notes.add($0) }
        held.withLock { $0 = watch(.arrivals) { _ in } }
        let dropping = watch(.arrivals) { _ in held.withLock { $0 = nil } }
        #expect(observer.watchCount == 1)
        try write("a")
        observer.takeEvents()
        #expect(held.withLock { $0 } == nil && observer.watchCount == 1)
        other = nil
        try write("b")
        observer.takeEvents()
        #expect(!notes.take().contains("b"))
        withExtendedLifetime((dropping, other)) {}
    }

    @Test("Without subscriptions nothing is watched")
    func none() throws {
        for _ in 1...3 {
            _ = watch(.arrivals) { _ in }
            #expect(observer.watchCount == 0)
        }
        let notes = Notes()
        let again = watch(.arrivals) { notes.add($0) }
        try write("a")
        observer.takeEvents()
        #expect(notes.take().contains("a"))
        withExtendedLifetime(again) {}
    }

    @Test("Many threads subscribe, end subscriptions and take events at the same time, and none loses an event")
    func crowd() async throws {
        let path = temporary.path
        try await withThrowingTaskGroup(of: Void.self) { [observer] group in
            for number in 0..<4 {
                group.addTask {
                    let directory = try Directory(path: path)
                    for round in 0..<200 {
                        let notes = Notes()
                        let subscription = observer.watch(directory, for: .arrivals) { notes.add($0) }
                        let name = "\(number)-\(round)"
                        try directory.makeDirectory(name)
                        observer.takeEvents()
                        let names = notes.take()
                        #expect(names.contains(name), "\(name) is not among \(names)")
                        withExtendedLifetime(subscription) {}
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(observer.watchCount == 0)
    }

    @Test("The thread wakes a task at a write to its file, and the stop ends it")
    func waking() async throws {
        try write("log")
        let log = try temporary.spool.root.file("log", 0o1 /* O_WRONLY */)
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let subscription = observer.watch(log, waking: Waker(continuation)) { $0.isWrite }
        #expect(subscription != nil)
        try startThread(named: "observer") { [observer] in observer.run() }
        try log.write([65])
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        // A query that takes the event wakes it as well.
        try log.write([65])
        observer.takeEvents()
        #expect(await iterator.next() != nil)
        observer.stop()
        // What was still buffered may come first.
        while await iterator.next() != nil {}
        let (late, other) = AsyncStream.makeStream(of: Void.self)
        #expect(observer.watch(log, waking: Waker(other)) { _ in true } == nil)
        for await _ in late { Issue.record("a stopped observer wakes a task") }
    }

    @Test("A lost event is noted by all")
    func lost() throws {
        let most = try mostEvents()
        let notes = Notes(), others = Notes()
        let root = try Directory(path: temporary.path)
        try root.makeDirectory("other")
        let subscriptions = [
            watch([.arrivals, .departures]) { notes.add($0) },
            observer.watch(try root.directory("other"), for: .arrivals) { others.add($0) },
        ]
        // Two different events by turns, which are not merged.
        for _ in 0...most / 2 {
            try root.makeDirectory("x")
            try root.removeDirectory("x")
        }
        observer.takeEvents()
        #expect(notes.take().contains("lost") && others.take() == ["lost"])
        withExtendedLifetime(subscriptions) {}
    }
}

/// The most events that inotify keeps.
func mostEvents() throws -> Int {
    // Such a file is read as a whole or not at all.
    let file = try #require(fopen("/proc/sys/fs/inotify/max_queued_events", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 32)
    try #require(fgets(&line, 32, file) != nil)
    return Int(atol(line))
}
