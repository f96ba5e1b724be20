import Slurm
import SpoolEngine
import SpoolModel

/// Slurm, and the shims that it starts on its nodes.
struct Cluster {
    /// A shim on a node that has taken its job.
    struct Node {
        let id: JobID
        /// Its last sign of life.
        var beat = 0
        /// Whether Slurm has told it to end.
        var isWithdrawn = false
    }

    /// How many jobs may be in its hands.
    let slots = 2
    /// The calls of `sbatch` that have not come back.
    var calls: [(id: JobID, attempt: String)] = []
    /// What Slurm knows and has not started.
    var waiting: [String: JobID] = [:]
    /// What it knows as running.
    var running: Set<String> = []
    /// The shims that live, of which it may have lost some.
    var nodes: [String: Node] = [:]

    mutating func withdraw(_ attempt: String) {
        waiting[attempt] = nil
        nodes[attempt]?.isWithdrawn = true
    }

    /// What `squeue` says.
    var listing: SlurmListing {
        let lines = waiting.keys.map { "\($0) PENDING" } + running.map { "\($0) RUNNING" }
        return SlurmListing(parsing: lines.joined(separator: "\n"))
    }
}

extension World {
    // MARK: The engine

    mutating func handOver(_ id: JobID) throws(Kill) {
        guard let entry = entries[id], entry.status.state == .pending, entry.status.remoteAttempt == nil,
            !entry.isCancelRequested
        else { return try look(id, isSeized: true) }
        let others = entries.values.filter { $0.status.remoteAttempt != nil }.count
        if engine.isHeld || others >= cluster.slots { violations.append("\(id): handed over beside \(others)") }
        expectRoom(for: id, entry)
        let attempt = "a" + String(generator.next(), radix: 36)
        var status = entry.status
        status[.attempt] = attempt
        status[.executor] = Executor.slurm.rawValue
        write(status, of: id)
        try mayDie()
        try report(.handedOver(id, attempt: attempt), of: id)
    }

    mutating func claim(_ id: JobID, _ attempt: String) throws(Kill) {
        let isOurs = entries[id]?.claims.insert(attempt).inserted ?? false
        if isOurs { entries[id]?.claimsOfEngine.insert(attempt) }
        try mayDie()
        guard let entry = entries[id] else { return }
        let sight = sight(of: id, entry, isSeized: false, isFlushed: false)
        try report(.claimed(id, attempt: attempt, isOurs: isOurs, sight), of: id)
    }

    mutating func revoke(_ id: JobID, _ attempt: String) throws(Kill) {
        entries[id]?.revoked.insert(attempt)
        try mayDie()
        guard let entry = entries[id] else { return }
        let sight = sight(of: id, entry, isSeized: false, isFlushed: false)
        try report(.revoked(id, attempt: attempt, sight), of: id)
    }

    /// Asks Slurm, and looks at the jobs in its hands.
    mutating func lookAtCluster() throws(Kill) {
        note(.listed(cluster.listing, begun: steady))
        for id in entries.keys.sorted() {
            guard entries[id]?.isMarked == true, entries[id]?.status.remoteAttempt != nil else { continue }
            try look(id)
            guard let entry = entries[id], let attempt = entry.status.remoteAttempt else { continue }
            let sight = RemoteJobs.Sight(
                isClaimed: entry.claims.contains(attempt), beat: cluster.nodes[attempt].map { "\($0.beat)" })
            try report(.probed(id, attempt: attempt, sight, patience: 20_000_000), of: id)
        }
    }

    // MARK: What happens

    /// Slurm, a call of it or one of its nodes does something.
    mutating func stepCluster(isWell: Bool = false) throws(Kill) {
        if isWell || chance(1, in: 3) { try lookAtCluster() }
        if !cluster.calls.isEmpty {
            let (id, attempt) = cluster.calls.removeFirst()
            // It may have been taken all the same.
            let isAccepted = isWell || chance(3, in: 4)
            if isAccepted || chance(1, in: 2) { cluster.waiting[attempt] = id }
            return note(.submitted(id, attempt: attempt, isAccepted: isAccepted, at: steady))
        }
        if let (attempt, id) = cluster.waiting.sorted(by: { $0.key < $1.key }).randomElement(using: &generator) {
            cluster.waiting[attempt] = nil
            begin(id, attempt)
        } else if let attempt = cluster.nodes.keys.sorted().randomElement(using: &generator) {
            stepNode(attempt, isWell: isWell)
        }
    }

    /// A shim begins on a node; where another one has taken the attempt, or the engine has, it leaves.
    private mutating func begin(_ id: JobID, _ attempt: String) {
        guard entries[id]?.claims.insert(attempt).inserted == true, entries[id]?.revoked.contains(attempt) == false
        else { return }
        cluster.nodes[attempt] = Cluster.Node(id: id)
        cluster.running.insert(attempt)
        entries[id]?.status.state = .running
    }

    private mutating func stepNode(_ attempt: String, isWell: Bool) {
        guard let node = cluster.nodes[attempt] else { return }
        // Slurm loses sight of a job whose shim lives.
        if !isWell, chance(1, in: 6) { cluster.running.remove(attempt) }
        guard isWell || node.isWithdrawn || chance(1, in: 3) else {
            cluster.nodes[attempt]?.beat += 1
            return
        }
        cluster.nodes[attempt] = nil
        cluster.running.remove(attempt)
        let mayWrite = entries[node.id]?.revoked.contains(attempt) == false
        guard mayWrite, isWell || chance(2, in: 3) else { return }
        if entries[node.id]?.status.remoteAttempt != attempt {
            violations.append("\(node.id): a node's shim has ended another attempt")
        }
        if !isWell, chance(1, in: 4) {
            entries[node.id]?.status[.reason] = JobStatus.terminated
        } else {
            let isGood = isWell || chance(1, in: 2)
            entries[node.id]?.status.state = node.isWithdrawn ? .canceled : isGood ? .successful : .failed
            end(node.id)
        }
    }
}
