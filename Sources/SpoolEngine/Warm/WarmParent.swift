internal import CWarm
internal import Glibc
internal import LinuxSystem

/// A process that has Scrapy in its memory and becomes spiders by fork (`CWarm/warm/warm.py`), as a child of the server.
///
/// The shims that it makes are children of the server too (CLONE_PARENT), and the spiders are those of their shims: nothing
/// of a running job depends on this process.
package final class WarmParent {
    /// Everything that a parent is made from. Another one is needed when it changes.
    package struct Origin: Hashable {
        /// The file of `scrapy`.
        var scrapy: String
        /// The file of the module by which crawls report; empty without one.
        var report: String
        /// The environment of jobs, as `NAME=value`.
        var environment: [String]
        /// The soft limit on open files of jobs.
        var fileLimit: Int
        /// Modules to load besides Scrapy.
        var libraries: [String]
        /// Whether spiders leave out the last steps of their interpreter that none of their objects needs.
        var exitsFast: Bool

        /// What a parent would be made from.
        package init(
            scrapy: String, report: String, environment: [String], fileLimit: Int, libraries: [String], exitsFast: Bool
        ) {
            self.scrapy = scrapy
            self.report = report
            self.environment = environment
            self.fileLimit = fileLimit
            self.libraries = libraries
            self.exitsFast = exitsFast
        }

        /// The arguments of its program.
        fileprivate var arguments: [String] {
            [scrapy, report, String(fileLimit)] + (exitsFast ? ["--exit", "fast"] : [])
                + libraries.flatMap { ["--library", $0] }
        }
    }

    private enum Key {
        static let socket: UInt64 = 0
        static let end: UInt64 = 1
    }

    /// Milliseconds for the replies to an order: a start is delayed by so much at most, and only once by one parent.
    private static let patience = 2000
    /// Microseconds until it has to be ready, and those that each library adds.
    private static let longestLoad: Int64 = 120_000_000, longestLibrary: Int64 = 120_000_000
    /// Microseconds after which a load is reported as slow.
    private static let usualLoad: Int64 = 30_000_000
    /// Microseconds after which, and starts after which, another one takes over: its children share the layout of its memory.
    private static let longestLife: Int64 = 86_400_000_000
    private static let mostStarts = 10_000
    /// Milliseconds for the process of an order that was given up.
    private static let farewell = 200

    private static let bootstrap =
        "import os, sys; sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[1])); "
        + "exec(compile(os.pread(4, 1 << 20, 0), 'warm.py', 'exec'))"

    let origin: Origin
    private let pid: Int32
    private let process: ProcessDescriptor
    private let socket: MessageSocket
    private let events: EventQueue
    private let begun = SystemClock.monotonic()
    /// When it was last given an order, in microseconds of the monotonic clock.
    private(set) var used = SystemClock.monotonic()
    private var leftLibraries: [LeftLibrary] = []
    private var isReady = false
    private var hasNews = true
    private var starts = 0
    private var hasEnded = false

    /// Starts the process.
    ///
    /// - Parameter interpreter: the Python of the script.
    init(_ origin: Origin, interpreter: String) throws(SystemError) {
        self.origin = origin
        var count = 0
        let bytes = cwarm_parent(&count)
        let text = try Descriptor.inMemory()
        try text.write(UnsafeRawBufferPointer(start: bytes, count: count))
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        let pair = try MessageSocket.pair()
        var command = Command(
            path: interpreter,
            arguments: [interpreter, "-c", WarmParent.bootstrap] + origin.arguments,
            environment: origin.environment,
            files: [null.number, null.number, null.number, pair.its.descriptor.number, text.number])
        command.ownGroup = true
        events = try EventQueue()
        pid = try command.spawn(in: try Directory(path: "/"))
        guard let process = ProcessIdentity(pid: pid)?.open() else {
            // Without a descriptor its end would not be noticed. It ends with the socket.
            throw SystemError(code: EMFILE, operation: "watch \(interpreter)")
        }
        self.process = process
        socket = pair.keepOurs()
        try events.add(socket.descriptor, key: Key.socket)
        try events.add(self.process.descriptor, key: Key.end)
    }

    /// Microseconds until it has to be ready. A library is tried for a minute, and then loaded.
    private var longestLoad: Int64 {
        WarmParent.longestLoad + Int64(origin.libraries.count) * WarmParent.longestLibrary
    }

    /// Why it cannot take an order now; nil if it can.
    func obstacle() -> WarmReplies.Outcome? {
        let now = SystemClock.monotonic()
        if process.descriptor.isReadable(within: 0) { return .over(lastWord() ?? .died) }
        if starts >= WarmParent.mostStarts || now - begun > WarmParent.longestLife { return .over(.renewed) }
        while !isReady {
            switch message(within: 0) {
            case nil: return now - begun > longestLoad ? .over(.silent) : .cold(.none)
            case "ready":
                isReady = true
                hasNews = true
            case let text?:
                guard let library = LeftLibrary(reply: text), leftLibraries.count < origin.libraries.count else {
                    if case .over(let reason)? = firstOutcome(text) { return .over(reason) }
                    return .over(.nonsense)
                }
                leftLibraries.append(library)
            }
        }
        return nil
    }

    /// The events of the load to report, once each.
    enum LoadNews {
        /// It may take orders.
        case loaded(microseconds: Int64)
        /// It has taken longer than usual so far.
        case slow(microseconds: Int64)
    }

    /// Returns what has come of the load since the last call, if that is worth a report.
    func takeLoadNews() -> LoadNews? {
        let time = SystemClock.monotonic() - begun
        guard hasNews, isReady || time > WarmParent.usualLoad else { return nil }
        hasNews = false
        return isReady ? .loaded(microseconds: time) : .slow(microseconds: time)
    }

    /// Returns the libraries that it has left to the spiders, once.
    func takeLeftLibraries() -> [LeftLibrary] {
        defer { leftLibraries = [] }
        return leftLibraries
    }

    private func firstOutcome(_ text: String) -> WarmReplies.Outcome? {
        var replies = WarmReplies()
        return replies.take(text)
    }

    /// The reason that a process gave which has ended.
    private func lastWord() -> ColdReason? {
        while let text = message(within: 0), !text.isEmpty {
            if case .over(let reason)? = firstOutcome(text) { return reason }
        }
        return nil
    }

    /// Has it make a shim that waits for a byte from a pipe, and a spider that waits for the shim.
    ///
    /// - Parameters:
    ///   - command: the shim's command; its files are those of every shim.
    ///   - pipe: the reading end.
    func order(
        _ command: Command, in job: borrowing Directory, lock: borrowing Descriptor, pipe: borrowing Descriptor
    ) -> WarmReplies.Outcome {
        do throws(SystemError) {
            let text = try Descriptor.inMemory(
                words: [command.path] + command.arguments, environment: command.environment)
            try socket.send("order", files: [text.number, job.descriptor.number, lock.number, pipe.number])
        } catch {
            return .over(.died)
        }
        starts += 1
        used = SystemClock.monotonic()
        var replies = WarmReplies()
        let deadline = SystemClock.monotonic() + Int64(WarmParent.patience) * 1000
        while case let rest = Int((deadline - SystemClock.monotonic()) / 1000), rest > 0 {
            guard let text = message(within: rest) else { continue }
            guard let outcome = replies.take(text) else { continue }
            switch outcome {
            case .shim(let shim) where !isChild(shim):
                return .over(.nonsense)
            case .shim: return outcome
            case .cold, .over:
                unwanted = replies.process
                if case .cold = outcome { reapUnwanted() }
                return outcome
            }
        }
        unwanted = replies.process
        return .over(.silent)
    }

    /// The process of an order that did not succeed.
    private var unwanted: Int32?

    /// Whether a process was made by this one for the server.
    private func isChild(_ pid: Int32) -> Bool {
        pid != self.pid && ProcessFacts(pid: pid)?.parent == getpid()
    }

    /// The next message; empty at the end, also when only the process has ended: another one may still have a copy of its
    /// socket. Nil if there is none in time.
    private func message(within milliseconds: Int) -> String? {
        do throws(SystemError) {
            if let text = try socket.receive() { return text }
            let keys = try events.wait(milliseconds: milliseconds)
            if keys.contains(Key.socket) { return try socket.receive() }
            return keys.contains(Key.end) ? "" : nil
        } catch {
            return ""
        }
    }

    /// Ends the process at once. Resources that it holds for an order, such as a job's lock, are released. The caller
    /// has closed the pipe of the order.
    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        // Readable also of one that has ended and was not waited for.
        let name = WarmParent.name(of: pid)
        process.sendIfPossible(SIGKILL)
        // A child that ends for certain. If it cannot be waited for, it is not there.
        _ = try? Command.awaitEnd(of: pid)
        // The first process of an order may be on its way.
        if unwanted == nil { unwanted = lateProcess() }
        reapUnwanted()
        reapSilent(called: name)
    }

    private static func name(of pid: Int32) -> [UInt8] {
        Host.content(ofSystemFile: "/proc/\(pid)/comm", limit: 64) ?? []
    }

    /// Reaps processes of orders that have ended without a reply. Until they become shims they have this process's name, and
    /// they are in its group or lead a session, which no other child of the server does that is a Python.
    private func reapSilent(called name: [UInt8]) {
        for child in Host.processes() where isChild(child) {
            guard let facts = ProcessFacts(pid: child), facts.state == UInt8(ascii: "Z"),
                facts.group == pid || getsid(child) == child, WarmParent.name(of: child) == name
            else { continue }
            // It has ended, so this does not wait.
            _ = try? ProcessIdentity(pid: child)?.open()?.reap()
        }
    }

    private func lateProcess() -> Int32? {
        var replies = WarmReplies()
        // The end comes when no process has a copy of the other end any more. An error is an end as well.
        while let text = try? socket.receive(within: WarmParent.farewell), !text.isEmpty {
            _ = replies.take(text)
        }
        return replies.process
    }

    /// Reaps the process of an order that did not succeed. It ends when its pipe is closed.
    private func reapUnwanted() {
        guard let pid = unwanted else { return }
        unwanted = nil
        guard isChild(pid), let process = ProcessIdentity(pid: pid)?.open(),
            process.descriptor.isReadable(within: WarmParent.farewell)
        else { return }
        // It has ended, so this does not wait.
        _ = try? process.reap()
    }
}
