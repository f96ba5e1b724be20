internal import ArgumentParser
internal import Glibc
internal import ProjectPacking
internal import SpoolClient
internal import SpoolModel

extension ExitStatus {
    /// The server does not know the user, or denies them the request.
    static let unauthorized = ExitCode(EX_NOPERM)
    /// The command line, or a file that it names, is invalid.
    static let usage = ExitCode(EX_USAGE)
}

/// The connection of a command to a server, and the output of its answers.
struct Session {
    let connection: Connection
    private let isJSON: Bool
    /// The format of tables; nil chooses it by the output: a terminal or not.
    private let format: TableFormat?

    /// Works with the server that the options name. An error becomes a line on standard error and an exit status.
    ///
    /// - Parameter standardFormat: the format of tables without `--print-format`.
    static func run(
        _ options: ClientOptions, json: Bool = false, standardFormat: TableFormat? = nil,
        _ body: (Session) async throws -> Void
    ) async throws {
        do {
            let settings = try options.settings()
            let format = try settings.printFormat.map { name in
                guard let format = TableFormat(rawValue: name) else {
                    throw ClientError(.usage, "there is no print format \(name): it is one of \(TableFormat.names)")
                }
                return format
            }
            let address = try ServerAddress(settings.url ?? ClientSettings.standardURL)
            try await Connection.with(
                address, as: try options.credentials(settings), verifying: settings.verifiesCertificate ?? true,
                authorityFile: settings.authorityFile, warn: { Session.say(warning: $0) }
            ) { connection in
                try await body(Session(connection: connection, isJSON: json, format: format ?? standardFormat))
            }
        } catch {
            throw exit(for: error, json: json)
        }
    }

    /// Runs a closure with each of several names, also after one that the server refuses, and throws in the end if one
    /// failed.
    ///
    /// - Parameter body: returns false if it was not to be done after all, which is a failure too.
    func forEach(_ names: [String], _ body: (String) async throws -> Bool) async throws {
        var failure: (any Error)?
        for name in names {
            do {
                if try await !body(name) { failure = ExitCode.failure }
            } catch let error as ClientError where error.kind == .refused {
                failure = Session.exit(for: error, json: isJSON)
            }
        }
        if let failure { throw failure }
    }

    /// Prints the error, and returns the status to exit with.
    static func exit(for error: any Error, json: Bool) -> any Error {
        switch error {
        case let error as ClientError:
            // The exit status reports the error even if the output is closed.
            if json, let answer = error.answer { try? Terminal.put(line(answer)) }
            let warnings = error.answer.flatMap { JSON(ifValid: $0) }?["warnings"]?.elements ?? []
            for warning in warnings.compactMap(\.text) { say(warning: warning) }
            let message = error.message.printable(keepingLines: true)
            return refusal(message, status(of: error.kind))
        case let error as PackingError:
            return refusal(error.description.printable(), ExitStatus.usage)
        default:
            return error
        }
    }

    /// Prints a warning of the server on standard error.
    private static func say(warning: String) {
        Terminal.say("warning: \(warning.printable(keepingLines: true))")
    }

    private static func status(of kind: ClientError.Kind) -> ExitCode {
        switch kind {
        case .refused: .failure
        case .unreachable: ExitStatus.unavailable
        case .unauthorized: ExitStatus.unauthorized
        case .usage: ExitStatus.usage
        }
    }

    private static func line(_ bytes: [UInt8]) -> [UInt8] {
        bytes.last == UInt8(ascii: "\n") ? bytes : bytes + [UInt8(ascii: "\n")]
    }

    // MARK: Output

    /// Shows an answer: unchanged as JSON, or as a table.
    func show(_ answer: ServerReply, _ table: @autoclosure () -> Table) throws {
        if isJSON { try Terminal.put(Session.line(answer.bytes)) } else { try show(table()) }
    }

    /// Shows an answer: unchanged as JSON, or as a line.
    func show(_ answer: ServerReply, line: String) throws {
        try Terminal.put(isJSON ? Session.line(answer.bytes) : Array("\(line.printable())\n".utf8))
    }

    /// Shows a table: in the requested format, fitted to a terminal, or else with tabs.
    func show(_ table: Table) throws {
        if let format {
            try Terminal.put(table.text(format))
        } else if Terminal.isOutput {
            try Terminal.put(table.terminal(width: Terminal.width, uncut: JobTable.uncut, style: Session.coloured))
        } else {
            try Terminal.put(table.plain)
        }
    }

    /// Headings are bold, and states have their colours (ECMA-48 §8.3.117).
    private static func coloured(heading: String?, text: String, cell: String) -> String {
        guard Terminal.hasColour else { return cell }
        guard let heading else { return "\u{1b}[1m\(cell)\u{1b}[0m" }
        guard heading == "status", let state = JobState(rawValue: text) else { return cell }
        let colour =
            switch state {
            case .scheduled: 36
            case .pending: 35
            case .running: 34
            case .successful: 32
            case .failed: 31
            case .canceled: 33
            }
        return "\u{1b}[\(colour)m\(cell)\u{1b}[0m"
    }
}
