internal import Glibc
internal import LinuxSystem

/// One program of a build: it runs under the guard of the shim, which ends all that it starts, with limits on its
/// time, its output, its memory and what it writes.
struct GuardedRun {
    /// How a program ended.
    enum End {
        /// With an exit status, or 128 and the number of a signal.
        case exit(Int32)
        /// It was stopped for a reason, a sentence about it.
        case stopped(String, EnvironmentFailure.Kind)
    }

    /// The most bytes of output that are kept, and after which the program is stopped.
    private static let kept = 64 << 10, longest = 64 << 20
    /// The exit status of the guard when the time was over.
    private static let late: Int32 = 124

    let shim: String
    /// When the build has to be over, by the steady clock.
    let deadline: Int64
    /// The seconds that the whole build has, for messages.
    let seconds: Int
    /// The most bytes in the build's directory, together with those by which `others` has grown.
    let size: Int64
    /// The bytes that the program writes elsewhere, and what was there before.
    let others: @Sendable () -> Int64
    let environment: [String]
    /// Whether the disk is full.
    let isFull: @Sendable () -> Bool

    /// Runs a program and waits for its end.
    ///
    /// - Parameters:
    ///   - build: the directory whose size is limited.
    ///   - place: the working directory.
    ///   - account: the user that it runs as; nil for this process's.
    ///   - onStart: gets the process that a signal ends; returns false to have it ended at once.
    /// - Returns: how it ended, and the end of its output.
    func run(
        _ words: [String], in place: borrowing Directory, of build: borrowing Directory, as account: Account? = nil,
        onStart: (Int32?) -> Bool
    ) throws(SystemError) -> (end: End, output: String) {
        let rest = Int((deadline - SystemClock.monotonic()) / 1_000_000)
        guard rest > 0 else { return (.stopped("the build took more than \(seconds) s", .refused), "") }
        let pipe = try Pipe()
        let reading = pipe.reading.number
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        let user = account.map { ["--user", $0.description] } ?? []
        let command = Command(
            path: shim,
            arguments: [
                "scrapy-spool-shim", "--guard", String(min(rest, 86_400)), "--file-size", String(size),
                "--data", String(max(1 << 30, Host.memory / 2)),
            ] + user + ["--"] + words,
            environment: environment, files: [null.number, pipe.writing.number, pipe.writing.number])
        let before = others()
        let child = try command.spawn(in: place)
        // Only the guard and what it started have the other end from now on, so that the pipe ends with them.
        let reader = pipe.keepReading()
        if !onStart(child) { kill(child, SIGTERM) }
        var output = Output(most: GuardedRun.kept)
        var reason: (String, EnvironmentFailure.Kind)?
        var nextLook = SystemClock.monotonic() + 1_000_000
        while output.read(from: reading, within: 500) {
            if reason == nil, output.count > GuardedRun.longest {
                reason = ("it printed more than \(GuardedRun.longest >> 20) MiB", .refused)
                kill(child, SIGTERM)
            }
            guard reason == nil, SystemClock.monotonic() >= nextLook else { continue }
            nextLook = SystemClock.monotonic() + 1_000_000
            reason = obstacle(in: build, after: before)
            if reason != nil { kill(child, SIGTERM) }
        }
        _ = consume reader
        try Command.awaitDeath(of: child)
        // Its pid is not signalled from here on: it is about to be another process's.
        let isStopped = !onStart(nil)
        let status = try Command.awaitEnd(of: child)
        if let reason { return (.stopped(reason.0, reason.1), output.text) }
        if isStopped { return (.stopped("the server stops", .passing), output.text) }
        if status == GuardedRun.late {
            return (.stopped("the build took more than \(seconds) s", .refused), output.text)
        }
        return (.exit(status), output.text)
    }

    /// The reason to stop the build, if there is one.
    private func obstacle(
        in build: borrowing Directory, after before: Int64
    ) -> (String, EnvironmentFailure.Kind)? {
        var bytes = max(0, others() - before)
        GuardedRun.measure(build, depth: 64, &bytes, upTo: size)
        if bytes > size { return ("it wrote more than \(size >> 20) MiB", .refused) }
        return isFull() ? ("the disk is full", .full) : nil
    }

    /// The bytes of the directories in uv's cache in which it builds packages.
    static func bytes(ofBuildsIn cache: borrowing Directory) -> Int64 {
        var bytes: Int64 = 0
        for name in cache.namesIfAny() where name.hasPrefix("sdists-") || name.hasPrefix("builds-") {
            guard let place = cache.foreignDirectoryIfAny(RelativePath([FileName(name)])) else { continue }
            measure(place, depth: 64, &bytes, upTo: .max)
        }
        return bytes
    }

    private static func measure(
        _ directory: borrowing Directory, depth: Int, _ bytes: inout Int64, upTo limit: Int64
    ) {
        for (name, kind) in directory.entriesIfAny() where bytes <= limit {
            bytes += (directory.usageIfAny(name)?.blocks ?? 0) * 512
            guard kind == .directory, depth > 0, let child = directory.foreignDirectoryIfAny(RelativePath([name]))
            else {
                continue
            }
            measure(child, depth: depth - 1, &bytes, upTo: limit)
        }
    }
}

/// The end of a program's output.
private struct Output {
    private let most: Int
    private var bytes: [UInt8] = []
    private(set) var count = 0

    init(most: Int) { self.most = most }

    /// Reads the output that comes within a time; false at its end.
    mutating func read(from number: Int32, within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, milliseconds) > 0 else { return true }
        let chunk = [UInt8](unsafeUninitializedCapacity: 32 << 10) { buffer, count in
            count = max(0, Glibc.read(number, buffer.baseAddress, buffer.count))
        }
        guard !chunk.isEmpty else { return false }
        count += chunk.count
        bytes += chunk
        if bytes.count > 2 * most { bytes = Array(bytes.suffix(most)) }
        return true
    }

    /// The output without control characters, which a terminal would obey.
    var text: String {
        let text = String(decoding: bytes.suffix(most), as: UTF8.self)
        return String(
            text.unicodeScalars.filter { $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control })
    }
}
