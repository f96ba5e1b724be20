internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// A shim that was started before there was a job for it. The engine sends it one job; at the end of its socket it exits.
///
/// With the job it becomes what a shim is that was started for it with `--held`: it has its arguments, environment, working
/// directory and descriptors.
enum SpareShim {
    /// The option of its command line. The argument behind it only makes room for those that ps(1) shows later.
    static let option = "--spare"
    /// The descriptor under which it inherits its socket. Later the job's lock has this number.
    private static let socket: Int32 = 3

    /// Waits for the job.
    ///
    /// - Parameter commandLine: its own, with the program's name.
    /// - Returns: that of the job's shim; nil if no job comes.
    static func awaitJob(_ commandLine: [String]) -> [String]? {
        // Signals of the engine's terminal are not meant for it.
        setsid()
        let arguments = ShownArguments()
        arguments.show(Array(commandLine.prefix(2)))
        rehearse()
        do throws(SystemError) {
            guard let order = try receive(), fchdir(order.place.number) == 0,
                dup2(order.lock.number, SpareShim.socket) >= 0, dup2(order.pipe.number, StartPipe.number) >= 0
            else { return nil }
            Host.setEnvironment(environment(of: order.environment))
            arguments.show(order.words)
            return order.words
        } catch {
            // Nothing is claimed: the engine starts the job again.
            return nil
        }
    }

    /// A job, as the engine sends it. The descriptors have numbers from 10 on, so that none is one of a job's shim.
    private struct Order: ~Copyable {
        let words: [String], environment: [String]
        let place: Descriptor, lock: Descriptor, pipe: Descriptor
    }

    /// Waits for the message; nil at the end of the socket.
    private static func receive() throws(SystemError) -> Order? {
        let socket = MessageSocket(Descriptor(owning: SpareShim.socket))
        // Until there is a job, a signal ends this process, and is not kept for the job.
        while !socket.descriptor.isReadable(within: -1) {}
        _ = Signals()
        guard var delivery = try socket.awaitDelivery(), let text = delivery.take(), let place = delivery.take(),
            let lock = delivery.take(), let pipe = delivery.take(), let job = try text.wordsInMemory(),
            !job.words.isEmpty
        else { return nil }
        return Order(
            words: job.words, environment: job.environment, place: try place.duplicate(from: 10),
            lock: try lock.duplicate(from: 10), pipe: try pipe.duplicate(from: 10))
    }

    /// The environment of the job's shim: the job's, and what a script in the place of this program has added to its own.
    private static func environment(of job: [String]) -> [String] {
        func name(_ variable: String) -> Substring { variable.prefix { $0 != "=" } }
        let names = Set(job.map(name))
        return job + Host.environment().filter { !names.contains(name($0)) }
    }

    /// Parses a sample once, as a start parses its job, and keeps nothing of it: Swift makes the tables of a generic type
    /// at its first use, and the kernel maps the pages of a program at theirs.
    private static func rehearse() {
        let id = "01a22a0a-4483-7881-bb5f-0cfc94705084"
        let instant = "2026-11-30T00:00:00.000000Z"
        _ = ShimOptions([
            "--job", id, "--attempt", id, "--grace", "20", "--files", "1024", "--held", "--", "scrapy", "crawl",
            "sample",
        ])
        _ = JobMetadata(
            parsing: Array(
                """
                {"format": 1, "id": "\(id)", "actor": "USER", "schedule": "now", "project": "sample", \
                "spider": "sample", "description": "", "payload": "{}", "created": "\(instant)"}
                """.utf8))
        if var status = JobStatus(parsing: "RUNNING at=\(instant) started=\(instant) attempt=\(id) version=1\n") {
            status[.ticks] = ProcessIdentity(pid: getpid())?.ticks
            _ = Array(status.line.utf8)
        }
        do {
            // There is no job in it.
            _ = try JobDirectory(try Directory(path: "/")).status()
        } catch {}
    }
}
