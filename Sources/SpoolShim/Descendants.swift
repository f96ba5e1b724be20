internal import Glibc
internal import LinuxSystem

/// The processes that stem from this one. Because it is a subreaper, none of them can get away by losing its parent.
enum Descendants {
    /// The numbers of all living descendants.
    static func list() -> [Int32] {
        guard let names = try? Directory(path: "/proc").names() else { return [] }
        var children: [Int32: [Int32]] = [:]
        for pid in names.compactMap({ Int32($0) }) {
            if let facts = ProcessFacts(pid: pid), facts.state != UInt8(ascii: "Z") {
                children[facts.parent, default: []].append(pid)
            }
        }
        var found: [Int32] = []
        var pending = [getpid()]
        while let parent = pending.popLast() {
            let next = children[parent] ?? []
            found += next
            pending += next
        }
        return found
    }

    /// Sends a signal to all of them. Each is a child, or a child of one, that nobody else reaps before it was asked,
    /// so between the look and the signal a number may at worst pass to another descendant.
    static func signal(_ signal: Int32) {
        for pid in list() { kill(pid, signal) }
    }

    /// Bytes of memory of all of them together; what several share is counted once (`Pss` of proc(5)).
    static func memory() -> Int {
        list().reduce(0) { $0 + memory(of: $1) }
    }

    private static func memory(of pid: Int32) -> Int {
        guard let directory = try? Directory(path: "/proc/\(pid)"), let file = try? directory.file("smaps_rollup"),
            let bytes = try? file.readStream(limit: 4096)
        else { return 0 }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Pss:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }

    /// Ends all of them, those that are started meanwhile too, and reaps them.
    static func killAll(with signals: inout Signals) {
        while reap({ _, _ in }) {
            signal(SIGKILL)
            _ = signals.next(within: 10_000)
        }
    }

    /// Reaps every child that has ended.
    ///
    /// - Returns: whether there are children left.
    static func reap(_ body: (_ pid: Int32, _ status: Int32) -> Void) -> Bool {
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            if pid > 0 {
                body(pid, status)
            } else if pid == 0 {
                return true
            } else if errno != EINTR {
                return false
            }
        }
    }
}
