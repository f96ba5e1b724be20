internal import Glibc
internal import LinuxSystem
internal import SpoolModel

/// Runs a command for a delivery, under the guard of the shim, which ends all that it starts.
struct HookRun {
    /// The exit status of the guard when the time was over.
    private static let late: Int32 = 124
    /// The most bytes of output that are kept for the log.
    private static let kept = 2048

    let settings: HookSettings

    /// Runs a command and waits for its end. It gets the facts of the message as variables, and the message on its standard
    /// input.
    ///
    /// - Returns: how it went, and the end of its output.
    func run(_ words: [String], seconds: Int, _ message: HookMessage) -> (result: DeliveryResult, output: [UInt8]) {
        do throws(SystemError) {
            return try attempt(words, seconds, message)
        } catch {
            return (.failed("\(error)"), [])
        }
    }

    private func attempt(
        _ words: [String], _ seconds: Int, _ message: HookMessage
    ) throws(SystemError) -> (result: DeliveryResult, output: [UInt8]) {
        let input = try Descriptor.inMemory()
        try input.write(message.content)
        lseek(input.number, 0, SEEK_SET)
        let pipe = try Pipe()
        let reading = pipe.reading.number
        let user = settings.account.map { ["--user", $0.description] } ?? []
        let command = Command(
            path: settings.shim,
            arguments: ["scrapy-spool-shim", "--guard", String(seconds)] + user + ["--"] + words,
            environment: settings.environment + message.variables,
            files: [input.number, pipe.writing.number, pipe.writing.number])
        let child = try command.spawn(in: try Directory(path: "/"))
        // Only the guard and its descendants have the other end from now on, so that the pipe ends with them.
        let reader = pipe.keepReading()
        let output = HookRun.end(ofOutput: reading)
        _ = consume reader
        let status = try Command.awaitEnd(of: child)
        if status == 0 { return (.taken, output) }
        let said = HookRun.line(output)
        let reason = status == HookRun.late ? "it took more than \(seconds) s" : "it ended with \(status)"
        return (.failed(reason + (said.isEmpty ? "" : ": \(said)")), output)
    }

    /// Reads an output to its end, and returns its last bytes.
    private static func end(ofOutput number: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let chunk = [UInt8](unsafeUninitializedCapacity: 32 << 10) { buffer, count in
                repeat { count = read(number, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
                count = max(0, count)
            }
            guard !chunk.isEmpty else { return bytes.suffix(kept) }
            bytes = Array((bytes + chunk).suffix(kept))
        }
    }

    /// The last line of an output that is not empty, without control characters.
    private static func line(_ output: [UInt8]) -> String {
        let lines = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline)
        let last = lines.last { !$0.allSatisfy(\.isWhitespace) } ?? ""
        return CrawlReport.printable(String(last.suffix(400)))
    }
}
