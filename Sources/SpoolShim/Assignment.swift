internal import LinuxSystem

/// What the engine hands a shim on its command line.
struct Assignment {
    static let usage = """
        usage: scrapy-spool-shim --job ID --attempt ID --grace SECONDS [--files NUMBER] [--user ACCOUNT]
                                 [--held] [--watch] -- PROGRAM ARGUMENT...
               scrapy-spool-shim --node NAME --directory PATH --silence SECONDS --kill-wait SECONDS
                                 [--slurm-job ID] [--limit SECONDS] [--memory BYTES] --job ID ...
               scrapy-spool-shim --guard SECONDS [--user ACCOUNT] -- PROGRAM ARGUMENT...

        Runs one job of a scrapy-spool spool. The engine of scrapy-spool starts it, with the job's
        directory as the working directory and the job's lock as descriptor 3; it is of no use by hand.
        With --node it runs a job on another machine than the engine's, which finds what it has to know
        in the job's directory, as long as nobody else has claimed the attempt.
        With --guard it runs a command that ends, with all that it started, after so many seconds.
        With --held it waits for a byte from descriptor 4 before it does anything, and leaves at its end.
        An ACCOUNT is UID:GID:GID,GID..., in whose name root lets the program run.

        """

    /// The job's id, so that `ps` shows whose shim it is.
    private(set) var job = ""
    /// The start that this shim may claim.
    private(set) var attempt = ""
    /// Seconds from the request to stop to the next, less polite one.
    private(set) var grace = 10
    /// The soft limit on open files that the spider gets; nil leaves it.
    private(set) var fileLimit: Int?
    /// In whose name the command runs; nil for the shim's own.
    private(set) var account: Account?
    /// Whether to wait for a byte from descriptor 4, without which the job is not started.
    private(set) var isHeld = false
    /// Whether the job's shim is lost and this one only waits for what it left.
    private(set) var isWatch = false
    /// What a shim on another machine than the engine's is told; nil on the engine's own.
    private(set) var post: PostOrders?
    /// Seconds that a command may take which is no job, but only guarded; nil for a job.
    private(set) var guardLimit: Int?
    /// The command line of the spider, or of the guarded command.
    private(set) var command: [String] = []

    /// Reads the arguments; nil when they are not of the form that `usage` gives.
    init?(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        var orders = PostOrders()
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
            case "--held": isHeld = true
            case "--watch": isWatch = true
            case "--node": orders.node = rest.next() ?? ""
            case "--directory": orders.directory = rest.next() ?? ""
            case "--slurm-job": orders.slurmJob = number()
            case "--limit": orders.limit = number() ?? 0
            case "--memory": orders.memory = number() ?? 0
            case "--silence": orders.silence = number() ?? 0
            case "--kill-wait": orders.killWait = number() ?? 0
            case "--guard":
                guard let seconds = rest.next().flatMap({ Int($0) }), (1...86_400).contains(seconds) else { return nil }
                guardLimit = seconds
            case "--":
                while let word = rest.next() { command.append(word) }
            default: return nil
            }
        }
        if guardLimit != nil, !command.isEmpty { return }
        if !orders.node.isEmpty {
            guard orders.isUsable else { return nil }
            post = orders
        }
        guard !attempt.isEmpty, !attempt.contains("/"), isWatch || !command.isEmpty else { return nil }
    }
}
