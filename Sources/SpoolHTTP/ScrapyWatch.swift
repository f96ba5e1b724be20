internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import Synchronization

/// Whether the server's program `scrapy` is there, and its Python has Scrapy: an upgrade of Python, or a removed
/// environment, takes it away under a running server.
///
/// Files are looked at each time. Python is asked when they have changed, and again while it has no Scrapy.
final class ScrapyWatch: Sendable {
    /// Why it cannot run.
    struct Problem: Hashable, Sendable {
        /// A clause that names the program.
        let reason: String
        /// What to do.
        let remedy: String

        fileprivate init(_ reason: String, of scrapy: String) {
            self.reason = reason
            remedy =
                scrapy.hasPrefix("/usr/bin/")
                ? "install it (python3-scrapy), or name another program by scrapy in the configuration"
                : "install Scrapy there again, or name another program by scrapy in the configuration"
        }
    }

    /// The facts that distinguish one state of the files from another.
    private struct Stamp: Equatable {
        let scrapy: FileInformation
        let interpreter: FileInformation
    }

    private struct State {
        var problem: Problem?
        /// Of the files with which Python had Scrapy.
        var good: Stamp?
        var isLooking = false
    }

    /// Seconds for Python to start.
    private static let limit = 10
    /// The exit status of a Python that has no Scrapy.
    private static let absent: Int32 = 3
    private static let question =
        "import importlib.util, sys; sys.exit(0 if importlib.util.find_spec('scrapy') else \(absent))"

    private let state = Mutex(State())

    /// The problem that was found last.
    var problem: Problem? { state.withLock { $0.problem } }

    /// Looks, unless that is being done. Blocks on the disk, and for as long as Python takes to start.
    ///
    /// - Returns: whether the problem is another one than before.
    func look(_ settings: APISettings) -> Bool {
        let good = state.withLock { state -> Stamp?? in
            guard !state.isLooking else { return nil }
            state.isLooking = true
            return .some(state.good)
        }
        guard let good else { return false }
        let found = ScrapyWatch.find(settings, good: good)
        return state.withLock { state in
            state.isLooking = false
            // Of what could not be found out the last answer stays.
            guard let found else { return false }
            defer { (state.problem, state.good) = (found.problem, found.good) }
            return state.problem != found.problem
        }
    }

    private static func find(_ settings: APISettings, good: Stamp?) -> (problem: Problem?, good: Stamp?)? {
        let scrapy = settings.scrapy
        func problem(_ reason: String) -> (problem: Problem?, good: Stamp?) {
            (Problem(reason, of: scrapy), nil)
        }
        guard access(scrapy, F_OK) == 0 else { return problem("there is no program \(scrapy)") }
        guard access(scrapy, X_OK) == 0 else { return problem("\(scrapy) cannot be executed") }
        // A program that cannot be read may still be executed; of one that is no script of Python nothing is known.
        guard let (information, head) = start(ofProgram: scrapy),
            let words = Compilation.interpreter(ofScript: head)
        else { return (nil, nil) }
        guard let python = path(of: words, by: settings.environment) else {
            return problem("\(scrapy) needs \(words.joined(separator: " ")), which is not there")
        }
        // As above.
        guard let stamp = try? Descriptor(reading: python).information() else { return (nil, nil) }
        let text = String(decoding: head, as: UTF8.self)
        // A script of another kind may find Scrapy in its own way.
        guard text.contains("scrapy.cmdline") || text.contains("console_scripts") else { return (nil, nil) }
        let present = Stamp(scrapy: information, interpreter: stamp)
        if present == good { return (nil, good) }
        guard let flaw = ask(python, settings) else { return nil }
        return flaw.isEmpty ? (nil, present) : problem("\(python) \(flaw)")
    }

    /// The facts and the first bytes of a program; nil if it cannot be read.
    private static func start(ofProgram path: String) -> (information: FileInformation, bytes: [UInt8])? {
        do throws(SystemError) {
            let file = try Descriptor(reading: path)
            return (try file.information(), try file.bytes(at: 0, limit: 4096))
        } catch {
            return nil
        }
    }

    /// Asks Python: what is wrong, empty if nothing is, nil if that is not known.
    private static func ask(_ python: String, _ settings: APISettings) -> String? {
        let user = settings.account.map { ["--user", $0.description] } ?? []
        let command = Command(
            path: settings.shim,
            arguments: ["scrapy-spool-shim", "--guard", String(limit)] + user + ["--", python, "-c", question],
            environment: settings.environment, files: [])
        // Without memory or processes there are other problems.
        guard let outcome = try? command.run(input: "", within: 2 * limit), let status = outcome.status else {
            return nil
        }
        switch status {
        case 0: return ""
        case absent: return "has no Scrapy"
        case 124, 128...: return nil
        default:
            let last = outcome.error.split(separator: "\n").last.map { ": \($0.prefix(200))" } ?? ""
            return "does not start\(last)"
        }
    }

    /// The file of a script's interpreter, which `env` finds on PATH; nil if it is not there.
    private static func path(of words: [String], by environment: [String]) -> String? {
        guard let name = words.last else { return nil }
        if words.count == 1 { return access(name, X_OK) == 0 ? name : nil }
        let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

extension JSON {
    /// Why the server's Scrapy cannot run, and the remedy; nothing if it can.
    static func scrapy(_ problem: ScrapyWatch.Problem?) -> [Member] {
        guard let problem else { return [] }
        return [
            Member("scrapy-problem", .string(problem.reason)), Member("scrapy-remedy", .string(problem.remedy)),
        ]
    }
}
