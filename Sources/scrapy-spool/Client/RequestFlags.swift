internal import ArgumentParser
internal import LinuxSystem
internal import SpoolClient
internal import SpoolModel

/// What a job or a schedule is asked for besides its spider, its time and its options.
struct RequestFlags: ParsableArguments {
    @Option(help: ArgumentHelp("What the job is for.", valueName: "text"))
    var description: String?

    @Option(help: ArgumentHelp("The spider's argument `payload`, a JSON text.", valueName: "json"))
    var payload: String?

    @Option(
        help: ArgumentHelp("The file with the payload; - for standard input.", valueName: "file"), completion: .file())
    var payloadFile: String?

    @Option(
        help: ArgumentHelp(
            "When it is due while an earlier run goes on: allow, skip or queue. (default: the server's)",
            valueName: "policy"),
        completion: .list(Overlap.allCases.map(\.rawValue)))
    var overlap: String?

    @Option(
        help: ArgumentHelp(
            "How many runs make up for missed ones: none, one or a number. (default: the server's)",
            valueName: "number"),
        completion: .list(["none", "one"]))
    var catchUp: String?

    @Option(
        help: ArgumentHelp("The executor: local or slurm. (default: the server's)", valueName: "name"),
        completion: .list(Executor.allCases.map(\.rawValue)))
    var executor: String?

    func validate() throws {
        if payload != nil, payloadFile != nil { throw ValidationError("Give --payload or --payload-file, not both.") }
    }

    /// The fields of `schedule-job.json`.
    var fields: [(String, String)] {
        get throws {
            let texts = [
                ("description", description), ("payload", try checkedPayload()), ("overlap", overlap),
                ("catch-up", catchUp), ("executor", executor),
            ]
            return texts.compactMap { name, text in text.map { (name, $0) } }
        }
    }

    /// The payload, checked before it is sent.
    private func checkedPayload() throws -> String? {
        guard let text = try payload ?? payloadFile.map(RequestFlags.text) else { return nil }
        do throws(JSONError) {
            _ = try JSON(parsing: text)
        } catch {
            let hint = Payload.hint(for: text).map { ": \($0)" } ?? ""
            throw ClientError(.usage, "the payload is no JSON: \(error)\(hint)")
        }
        return text
    }

    private static func text(of path: String) throws -> String {
        let limit = 1 << 20
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try Descriptor(waitingFor: path == "-" ? "/dev/stdin" : path)
            bytes = try file.readToEnd(limit: limit + 1)
        } catch {
            throw ClientError(.usage, "\(path): \(error.reason)")
        }
        guard bytes.count <= limit else { throw ClientError(.usage, "\(path): a payload has less than 1 MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ClientError(.usage, "\(path): the file is not UTF-8")
        }
        return text
    }
}
