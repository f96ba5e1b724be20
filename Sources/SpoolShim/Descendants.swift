internal import Glibc
internal import LinuxSystem

/// The descendants of this process. It is a subreaper, so a process that loses its parent stays a descendant.
enum Descendants {
    /// A living descendant.
    struct Member {
        let identity: ProcessIdentity
        let parent: Int32
        /// Its process group.
        let group: Int32

        var pid: Int32 { identity.pid }
    }

    /// All living descendants of this process, parents before children.
    static func list() -> [Member] {
        // The list starts with this process.
        Array(list(from: getpid()).dropFirst())
    }

    /// A process and all its living descendants, parents before children; empty if it is gone.
    static func list(from root: Int32) -> [Member] {
        var found: [Member] = []
        var children: [Int32: [Member]] = [:]
        for pid in Host.processes() {
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

    /// Sends a signal to all descendants, or to the chosen ones.
    static func signal(_ signal: Int32, where isChosen: (Member) -> Bool = { _ in true }) {
        for member in list() where isChosen(member) { send(signal, to: member) }
    }

    /// Sends a signal to a descendant, but not to another process that has its pid by now.
    static func send(_ signal: Int32, to member: Member) {
        if let process = member.identity.open() {
            process.sendIfPossible(signal)
        } else if member.parent == getpid() {
            // No pidfd, perhaps for lack of descriptors. Only this process reaps its children, so the pid is still the
            // child's.
            kill(member.pid, signal)
        }
    }

    /// The memory of all descendants in bytes; shared pages are counted once (`Pss` of proc(5)).
    static func memory() -> Int {
        list().reduce(0) { $0 + memory(of: $1.pid) }
    }

    private static func memory(of pid: Int32) -> Int {
        guard let bytes = Host.content(ofSystemFile: "/proc/\(pid)/smaps_rollup", limit: 4096) else {
            return residentMemory(of: pid)
        }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Pss:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return residentMemory(of: pid)
        }
        return min(max(kibibytes, 0), 1 << 40) << 10
    }

    /// The resident memory, shared pages included, of a process that this user may not inspect: statm is readable for all
    /// (proc(5)).
    private static func residentMemory(of pid: Int32) -> Int {
        guard let bytes = Host.content(ofSystemFile: "/proc/\(pid)/statm", limit: 4096) else { return 0 }
        let pages = String(decoding: bytes, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return min(max(pages ?? 0, 0), 1 << 40) * max(0, sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Kills and reaps all descendants, including those that are started meanwhile.
    static func killAll(with signals: inout Signals) {
        while reap({ _, _, _ in }) {
            signal(SIGKILL)
            _ = signals.next(within: 10_000)
        }
    }

    /// Reaps every child that has ended.
    ///
    /// - Returns: whether there are children left.
    static func reap(_ body: (_ pid: Int32, _ status: Int32, _ usage: rusage) -> Void) -> Bool {
        while true {
            var status: Int32 = 0
            var usage = rusage()
            let pid = wait4(-1, &status, WNOHANG, &usage)
            if pid > 0 {
                body(pid, status, usage)
            } else if pid == 0 {
                return true
            } else if errno != EINTR {
                return false
            }
        }
    }
}
