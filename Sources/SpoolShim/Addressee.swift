internal import Glibc
internal import LinuxSystem

/// Chooses the process of a job that gets a request to stop.
///
/// Scrapy takes a second signal as an order to stop at once without closing its feeds, and the helpers in its process
/// group (a browser and its driver) end at the first. So the first signal goes to one process: the one that was
/// started, unless it is a wrapper (a shell script, `uv run`, timeout(1)). A wrapper runs Scrapy as a child and may or
/// may not forward signals.
package enum Addressee {
    /// The facts of a process that the choice depends on.
    package struct Candidate: Equatable {
        package let pid: Int32
        package let parent: Int32
        /// The start time in clock ticks since boot.
        package let ticks: Int
        /// Its command line.
        package let arguments: [String]

        /// A process with its facts.
        package init(pid: Int32, parent: Int32, ticks: Int, arguments: [String]) {
            self.pid = pid
            self.parent = parent
            self.ticks = ticks
            self.arguments = arguments
        }
    }

    /// The process that runs the command: the innermost one whose command line contains the command's words.
    ///
    /// - Parameters:
    ///   - root: the process that was started.
    ///   - candidates: that process and its descendants.
    ///   - command: the command line with which it was started; its second and third word (`crawl NAME`) are searched
    ///     for.
    package static func choose(from root: Int32, _ candidates: [Candidate], command: [String]) -> Int32 {
        let words = Array(command.dropFirst().prefix(2))
        guard words.count == 2 else { return root }
        var children: [Int32: [Candidate]] = [:]
        for candidate in candidates { children[candidate.parent, default: []].append(candidate) }
        var chosen = root
        var arguments = candidates.first { $0.pid == root }?.arguments ?? []
        // Reading /proc is not atomic: while processes start and end, it may show a cycle, so the loop is bounded.
        for _ in candidates {
            guard let next = nextRunner(below: chosen, arguments, children, words) else { break }
            chosen = next.pid
            arguments = next.arguments
        }
        return chosen
    }

    /// The nearest descendant that runs the command as another program; the oldest if there are several.
    private static func nextRunner(
        below pid: Int32, _ arguments: [String], _ children: [Int32: [Candidate]], _ words: [String]
    ) -> Candidate? {
        var level = children[pid] ?? []
        var seen: Set<Int32> = [pid]
        while !level.isEmpty {
            // A forked worker has the command line of its parent. It is not Scrapy's main process.
            let others = level.filter { $0.arguments != arguments }
            if let runner = others.filter({ holds($0.arguments, words) }).min(by: { $0.ticks < $1.ticks }) {
                return runner
            }
            level = others.filter { seen.insert($0.pid).inserted }.flatMap { children[$0.pid] ?? [] }
        }
        return nil
    }

    /// Whether a command line contains words in sequence.
    private static func holds(_ arguments: [String], _ words: [String]) -> Bool {
        arguments.indices.contains { arguments[$0...].starts(with: words) }
    }

    private static let shells: Set<String> = [
        "sh", "ash", "bash", "busybox", "dash", "fish", "ksh", "ksh93", "lksh", "mksh", "yash", "zsh",
    ]

    /// Whether a process is a shell. A shell that waits for a command forwards no signal and may ignore it: it expects
    /// that the terminal signals the whole process group.
    static func isShell(_ pid: Int32) -> Bool {
        // A process of another user, or one that has ended, counts as none.
        guard let target = try? Directory(path: "/proc/\(pid)").target(ofLink: "exe") else { return false }
        return shells.contains(String(target.split(separator: "/").last ?? ""))
    }

    /// Chooses among the processes that are alive now.
    static func find(from root: Int32, command: [String]) -> Descendants.Member? {
        let members = Descendants.list(from: root)
        let candidates = members.map {
            Candidate(pid: $0.pid, parent: $0.parent, ticks: $0.identity.ticks, arguments: arguments(of: $0.pid))
        }
        let pid = choose(from: root, candidates, command: command)
        return members.first { $0.pid == pid }
    }

    private static func arguments(of pid: Int32) -> [String] {
        guard let bytes = Host.content(ofSystemFile: "/proc/\(pid)/cmdline", limit: 256 << 10) else { return [] }
        return bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
}
