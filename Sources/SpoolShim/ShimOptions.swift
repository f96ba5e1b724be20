internal import LinuxSystem

/// The options of a shim, parsed from its command line.
struct ShimOptions {
    static let usage = """
        usage: scrapy-spool-shim --job ID --attempt ID --grace SECONDS [--files NUMBER] [--user ACCOUNT]
                                 [--rules LIST] [--held] [--warm PID] [--watch] -- PROGRAM ARGUMENT...
               scrapy-spool-shim --node NAME --directory PATH --silence SECONDS --kill-wait SECONDS
                                 [--slurm-job ID] [--limit SECONDS] [--memory BYTES] --job ID ...
               scrapy-spool-shim --spare ROOM
               scrapy-spool-shim --guard SECONDS [--file-size BYTES --data BYTES] [--user ACCOUNT] -- PROGRAM ARGUMENT...

        Runs one job of a scrapy-spool spool. The engine of scrapy-spool starts it, with the job's
        directory as the working directory and the job's lock as descriptor 3; it is of no use by hand.
        With --node it runs a job on another machine than the engine's, which finds what it has to know
        in the job's directory, as long as no other shim has claimed the attempt.
        With --guard it runs a command that ends, with all that it started, after so many seconds. None of
        it writes a file larger than --file-size, or has more memory for its data than --data.
        With --held it waits for a byte from descriptor 4 before it does anything, and leaves at its end.
        With --spare it gets all that from a socket in descriptor 3, or exits at the end of that.
        With --warm the spider is run by a child of this process, which has a socket in descriptor 5.
        A LIST has the rules of fail-if that apply, with numbers in place of medians.
        An ACCOUNT is UID:GID:GID,GID..., in whose name root lets the program run.

        """

    /// The job's id, which `ps` shows with the shim.
    private(set) var job = ""
    /// The attempt that this shim may claim.
    private(set) var attempt = ""
    /// Seconds from SIGINT to SIGTERM, and from SIGTERM to SIGKILL.
    private(set) var grace = 10
    /// The soft limit on open files for the spider; nil to keep the current one.
    private(set) var fileLimit: Int?
    /// The account that the command runs as; nil for the shim's own.
    private(set) var account: Account?
    /// The rules with numbers in place of medians; nil for those of the job's metadata.json.
    private(set) var rules: String?
    /// Whether to wait for a byte from descriptor 4 before the job is started.
    private(set) var isHeld = false
    /// The pid of the child that waits to become the spider; nil for a cold start.
    private(set) var warm: Int32?
    /// Whether the job's shim is lost and this one only waits for the processes that it left.
    private(set) var isWatch = false
    /// The options of a shim on another machine; nil on the engine's machine.
    private(set) var remote: RemoteOptions?
    /// The time limit in seconds of a guarded command; nil for a job.
    private(set) var guardLimit: Int?
    /// The limits of a guarded command on the size of a file and on a process's data, in bytes; nil for none.
    private(set) var fileSize: Int?, dataSize: Int?
    /// The command line of the spider, or of the guarded command.
    private(set) var command: [String] = []

    /// Parses the arguments; nil if they do not match `usage`.
    init?(_ arguments: [String]) {
        var rest = arguments.makeIterator()
        var remote = RemoteOptions()
        func number() -> Int? { rest.next().flatMap { Int($0) } }
        while let option = rest.next() {
            switch option {
            case "--job": job = rest.next() ?? ""
            case "--attempt": attempt = rest.next() ?? ""
            case "--grace":
                guard let seconds = rest.next().flatMap({ Int($0) }), (0...86_400).contains(seconds) else { return nil }
                grace = seconds
            case "--files": fileLimit = rest.next().flatMap { Int($0) }
            case "--user":
                guard let user = rest.next().flatMap({ Account($0) }) else { return nil }
                account = user
            case "--rules": rules = rest.next()
            case "--held": isHeld = true
            case "--warm":
                guard let pid = rest.next().flatMap({ Int32($0) }), pid > 1 else { return nil }
                warm = pid
            case "--watch": isWatch = true
            case "--node": remote.node = rest.next() ?? ""
            case "--directory": remote.directory = rest.next() ?? ""
            case "--slurm-job": remote.slurmJob = number()
            case "--limit": remote.limit = number() ?? 0
            case "--memory": remote.memory = number() ?? 0
            case "--silence": remote.silence = number() ?? 0
            case "--kill-wait": remote.killWait = number() ?? 0
            case "--guard":
                guard let seconds = rest.next().flatMap({ Int($0) }), (1...86_400).contains(seconds) else { return nil }
                guardLimit = seconds
            case "--file-size": fileSize = number()
            case "--data": dataSize = number()
            case "--":
                while let word = rest.next() { command.append(word) }
            default: return nil
            }
        }
        if guardLimit != nil, !command.isEmpty { return }
        if !remote.node.isEmpty {
            guard remote.isUsable else { return nil }
            self.remote = remote
        }
        guard !attempt.isEmpty, !attempt.contains("/"), isWatch || !command.isEmpty else { return nil }
    }
}
