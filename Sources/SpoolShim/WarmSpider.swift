internal import Glibc
internal import LinuxSystem

/// A child of this process that has Scrapy in its memory and waits to become the spider (`CWarm/warm/warm.py`).
///
/// It ends when its socket is closed, so that nothing is left of it when this process leaves the job to others. Until the
/// last message it has run no code of a project: then the spider can be started as a new program instead.
struct WarmSpider: ~Copyable {
    /// Milliseconds until it has to be ready.
    private static let patience = 2000

    private let pid: Int32
    private let socket: MessageSocket

    /// - Parameters:
    ///   - pid: its pid.
    ///   - socket: the socket to it.
    init(pid: Int32, socket: consuming Descriptor) {
        self.pid = pid
        self.socket = MessageSocket(socket)
    }

    /// The result of an attempt to run the spider in it.
    enum Outcome {
        /// It runs with this pid.
        case running(Int32)
        /// It is gone without having run anything. The reason is one word.
        case cold(String)
    }

    /// Has it become the spider.
    ///
    /// The file that shows that the job is alive goes with the last message: if this process is killed before it, the job
    /// has no process left, and is put back.
    ///
    /// - Parameters:
    ///   - command: the command of the spider, with four files, of which the last is that one.
    ///   - directory: its working directory.
    consuming func run(_ command: Command, in directory: borrowing Directory) -> Outcome {
        // Only a child can be waited for.
        guard ProcessFacts(pid: pid)?.parent == getpid() else { return .cold("lost") }
        let answer: String
        do throws(SystemError) {
            let text = try Descriptor.inMemory(words: command.arguments, environment: command.environment)
            let files = command.files.compactMap { $0 }
            try socket.send("become", files: [text.number] + files.dropLast() + [directory.descriptor.number])
            answer = try socket.receive(within: WarmSpider.patience) ?? "cold slow"
            if answer == "ready" {
                try socket.send("go", files: files.suffix(1))
                return .running(pid)
            }
        } catch {
            Command.endChild(pid)
            return .cold("lost")
        }
        Command.endChild(pid)
        let words = answer.split(separator: " ")
        let isReason =
            words.count == 2 && words[0] == "cold" && words[1].utf8.count <= 32
            && words[1].utf8.allSatisfy { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        return .cold(isReason ? String(words[1]) : "lost")
    }
}
