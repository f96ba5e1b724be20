import LinuxSystem

/// The longest that anything is waited for: far more than it takes, on a machine that is busy with other tests.
let patience = Duration.seconds(180)

/// Runs what blocks on a thread of its own, so that no task's thread stands still.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try startThread(named: "test") { continuation.resume(with: Swift.Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// Waits until a look at directories finds something, looking again at each change in them and never without one.
///
/// - Parameters:
///   - what: what is waited for, for the message when it does not come.
///   - directories: what is watched; they must be there.
///   - child: a process without which it cannot come any more.
///   - look: gives what is waited for, or nil.
func waitFor<Result: Sendable>(
    _ what: String, in directories: [String], unlessEnded child: Child? = nil, within limit: Duration = patience,
    _ look: @escaping @Sendable () throws -> Result?
) async throws -> Result {
    try await onThread {
        let inotify = try Inotify()
        for directory in directories {
            _ = try inotify.watch(try Directory(path: directory), for: [.arrivals, .departures, .writes, .attributes])
        }
        let queue = try EventQueue()
        try queue.add(inotify.descriptor, key: 0)
        var isGone = child != nil
        let process = child?.identity.open()
        switch process {
        case .some(let process):
            try queue.add(process.descriptor, key: 1)
            isGone = false
        case .none: break
        }
        let deadline = ContinuousClock.now + limit
        while true {
            if let result = try look() { return result }
            let rest = (deadline - .now).milliseconds
            guard rest > 0 else { throw Failure("\(what): not within \(limit)\n\(seen(in: directories))") }
            let keys = try queue.wait(milliseconds: rest)
            _ = try inotify.events()
            guard keys.contains(1) || isGone else { continue }
            if let result = try look() { return result }
            throw Failure("\(what): the process ended before\n\(seen(in: directories))")
        }
    }
}

/// What directories hold, for the message of a test that waited in vain: names, and the content of short files.
func seen(in directories: [String]) -> String {
    var lines: [String] = []
    for directory in directories {
        lines.append("\(directory):")
        for name in (try? Directory(path: directory).names().sorted()) ?? ["(gone)"] {
            let text = try? File.text("\(directory)/\(name)")
            lines.append("  \(name)" + (text.map { ": " + $0.suffix(500) } ?? ""))
        }
    }
    return lines.joined(separator: "\n")
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
