import Glibc
import LinuxSystem
import Synchronization

/// A process that a test has started. Its output goes into files.
final class Child: Sendable {
    /// How a process ended.
    struct End: Equatable, Sendable {
        /// The exit status; nil after a signal.
        let exit: Int32?
        /// The signal that ended it.
        let signal: Int32?

        init(status: Int32) {
            // The bits of wait(2): the low seven are the signal, the next byte the exit status.
            signal = status & 0x7f == 0 ? nil : status & 0x7f
            exit = status & 0x7f == 0 ? (status >> 8) & 0xff : nil
        }
    }

    /// Who it is.
    let identity: ProcessIdentity
    /// Where its output and its error output go.
    let out: String, error: String
    private let name: String
    private let end = Mutex<End?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - words: the program's file, or its name on PATH, and its arguments.
    ///   - directory: its working directory.
    ///   - environment: the whole environment.
    ///   - input: the file of its standard input.
    ///   - output: its output goes to this path with `.out` and `.err` behind it.
    init(
        _ words: [String], in directory: String, environment: [String] = Host.environment(),
        input: String = "/dev/null", output: String
    ) throws {
        name = words.joined(separator: " ")
        out = output + ".out"
        error = output + ".err"
        let input = try Descriptor(reading: input)
        let outFile = Descriptor(owning: open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
        let errorFile = Descriptor(owning: open(error, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
        let command = Command(
            path: try Child.file(of: words[0]), arguments: words, environment: environment,
            files: [input.number, outFile.number, errorFile.number])
        let pid = try command.spawn(in: try Directory(path: directory))
        guard let identity = ProcessIdentity(pid: pid) else { throw Failure("\(name) did not start") }
        self.identity = identity
    }

    private static func file(of program: String) throws -> String {
        guard !program.utf8.contains(UInt8(ascii: "/")) else { return program }
        for directory in (Host.environment("PATH") ?? "/usr/bin:/bin").split(separator: ":") {
            if File.isProgram("\(directory)/\(program)") { return "\(directory)/\(program)" }
        }
        throw Failure("there is no \(program) on PATH: run tools/setup --test")
    }

    /// Waits for the end. May be called as often as one likes.
    @discardableResult
    func wait(within limit: Duration = patience) async throws -> End {
        if let end = end.withLock({ $0 }) { return end }
        return try await onThread { [self] in
            // Open as long as nobody has reaped the process, that is until the end is known.
            if let process = identity.open() {
                let queue = try EventQueue()
                try queue.add(process.descriptor, key: 0)
                let deadline = ContinuousClock.now + limit
                var hasEnded = false
                while !hasEnded {
                    let rest = (deadline - .now).milliseconds
                    guard rest > 0 else { throw Failure("\(name) did not end within \(limit)\n\(said)") }
                    hasEnded = try !queue.wait(milliseconds: rest).isEmpty
                }
            }
            return end.withLock { end in
                if let end { return end }
                var status: Int32 = 0
                waitpid(identity.pid, &status, 0)
                end = End(status: status)
                return end!
            }
        }
    }

    /// Whether it has not been seen to end.
    var isRunning: Bool {
        end.withLock { $0 == nil } && ProcessFacts(pid: identity.pid).map { $0.state != UInt8(ascii: "Z") } ?? false
    }

    /// Sends a signal; none to a process that is gone.
    func send(_ signal: Int32) throws {
        guard end.withLock({ $0 == nil }) else { return }
        try identity.open()?.send(signal)
    }

    /// Sends a signal and waits for the end.
    @discardableResult
    func end(by signal: Int32) async throws -> End {
        try send(signal)
        return try await wait()
    }

    /// What it has written so far, for messages.
    var said: String {
        let texts = [out, error].map { (try? File.text($0)) ?? "" }
        return texts.joined().suffix(16000).description
    }
}
