internal import Glibc
internal import LinuxSystem

/// The processes that stem from this one. Because it is a subreaper, none of them can get away by losing its parent.
enum Descendants {
    /// A living descendant.
    struct Member {
        let identity: ProcessIdentity
        let parent: Int32
        /// Its process group.
        let group: Int32

        var pid: Int32 { identity.pid }
    }

    /// All living descendants of this process, each after its parent.
    static func list() -> [Member] {
        // This process comes first.
        Array(list(from: getpid()).dropFirst())
    }

    /// A process and all its living descendants, each after its parent; empty when it is gone.
    static func list(from root: Int32) -> [Member] {
        guard let names = try? Directory(path: "/proc").names() else { return [] }
        var found: [Member] = []
        var children: [Int32: [Member]] = [:]
        for pid in names.compactMap({ Int32($0) }) {
            guard let facts = ProcessFacts(pid: pid), facts.state != UInt8(ascii: "Z") else { continue }
            let member = Member(
                identity: ProcessIdentity(pid: pid, ticks: facts.ticks), parent: facts.parent, group: facts.group)
            if pid == root { found = [member] } else { children[facts.parent, default: []].append(member) }
        }
        var pending = found.map(\.pid)
        while let parent = pending.popLast() {
            let next = children[parent] ?? []
            found += next
            pending += next.map(\.pid)
        }
        return found
    }

    /// Sends a signal to all of them, or to those that are chosen.
    static func signal(_ signal: Int32, where isChosen: (Member) -> Bool = { _ in true }) {
        for member in list() where isChosen(member) { send(signal, to: member) }
    }

    /// Sends a signal to a descendant, and to no process that has got its number since.
    static func send(_ signal: Int32, to member: Member) {
        if let process = member.identity.open() {
            // It has ended, or has become another user's: neither is changed by trying again.
            try? process.send(signal)
        } else if member.parent == getpid() {
            // Perhaps no descriptor was to be had. Nobody but this process reaps its children, so the number is theirs.
            kill(member.pid, signal)
        }
    }

    /// Bytes of memory of all of them together; what several share is counted once (`Pss` of proc(5)).
    static func memory() -> Int {
        list().reduce(0) { $0 + memory(of: $1.pid) }
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
