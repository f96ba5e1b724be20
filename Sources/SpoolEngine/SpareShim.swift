internal import Glibc
internal import LinuxSystem

/// A shim that was started before there was a job for it, so that the next job does not wait for a program to start. It ends
/// with its socket, so that none is left of an engine that is gone.
final class SpareShim {
    /// The bytes of arguments that ps(1) can show when it has a job.
    private static let room = 512

    /// The process.
    let pid: Int32
    /// The program, and the environment that it was started with.
    let path: String, environment: [String]
    /// Readable when the process has ended.
    let socket: MessageSocket

    /// Starts the process.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - environment: that of all jobs.
    ///   - queue: where its end is an event with that key.
    init(
        path: String, environment: [String], in queue: borrowing EventQueue, key: UInt64
    ) throws(SystemError) {
        self.path = path
        self.environment = environment
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        let pair = try MessageSocket.pair()
        let command = Command(
            path: path,
            arguments: ["scrapy-spool-shim", "--spare", String(repeating: " ", count: SpareShim.room)],
            environment: environment,
            files: [null.number, null.number, null.number, pair.its.descriptor.number])
        pid = try command.spawn(in: try Directory(path: "/"))
        socket = pair.keepOurs()
        do throws(SystemError) {
            try queue.add(socket.descriptor, key: key)
        } catch {
            end()
            throw error
        }
    }

    /// Makes it the shim of a job, which then waits for its start; false if it has ended, or is of no use.
    ///
    /// - Parameters:
    ///   - command: the shim's command; its files are those of every shim.
    ///   - pipe: the reading end.
    func take(
        _ command: Command, in job: borrowing Directory, lock: borrowing Descriptor, pipe: borrowing Descriptor
    ) -> Bool {
        guard !isStopped else {
            end()
            return false
        }
        do throws(SystemError) {
            let text = try Descriptor.inMemory(words: command.arguments, environment: command.environment)
            try socket.send("job", files: [text.number, job.descriptor.number, lock.number, pipe.number])
            return true
        } catch {
            end()
            return false
        }
    }

    /// Whether a signal or a debugger has stopped the process (proc(5)), which would hold the job until it goes on.
    private var isStopped: Bool {
        ProcessFacts(pid: pid).map { [UInt8(ascii: "T"), UInt8(ascii: "t")].contains($0.state) } ?? false
    }

    /// Ends the process, which has no job.
    func end() { Command.endChild(pid) }
}
