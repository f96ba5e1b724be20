internal import Glibc
internal import LinuxSystem
internal import SpoolStore

/// Compiles the modules of a project at its push, so that no job has to, by Python's `compileall` with the interpreter
/// that runs scrapy.
///
/// The byte code refers to its module's content by a hash that Python checks (PEP 552): a job that overwrites a module
/// of its archive runs the new content.
struct Compilation {
    /// The most seconds that it may take; the modules compiled by then are used.
    private static let limit = 60

    /// Compiles the modules in the working directory and below. The prefix is set after the imports: otherwise byte
    /// code of Python's own modules would be looked for there as well.
    private static let program = """
        import compileall, py_compile, sys
        sys.pycache_prefix = sys.argv[1]
        compileall.compile_dir(".", quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
        """

    private let settings: APISettings
    /// The beginning of the interpreter's command line.
    private let interpreter: [String]

    /// Nil if the interpreter that runs scrapy is unknown: scrapy is no script, or not one of Python.
    ///
    /// - Parameter environment: the path of the virtual environment that it runs in; nil for the server's Scrapy.
    init?(settings: APISettings, environment: String? = nil) {
        if let environment {
            self.settings = settings
            interpreter = ["\(environment)/bin/python"]
            return
        }
        // Without them nothing is compiled in advance.
        guard let script = try? Descriptor(reading: settings.scrapy), let head = try? script.bytes(at: 0, limit: 1024),
            let interpreter = Compilation.interpreter(ofScript: head)
        else { return nil }
        self.settings = settings
        self.interpreter = interpreter
    }

    /// The command in the first line of a script (execve(2)), if it is Python; nil otherwise.
    static func interpreter(ofScript head: [UInt8]) -> [String]? {
        guard head.starts(with: Array("#!".utf8)), let end = head.firstIndex(of: UInt8(ascii: "\n")),
            let line = String(validating: head[2..<end], as: UTF8.self)
        else { return nil }
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let program = words.first, program.hasPrefix("/"), let last = words.last else { return nil }
        // `#!/usr/bin/env python3` looks the interpreter up in PATH.
        let isLookedUp = words.count == 2 && program.hasSuffix("/env")
        guard words.count == 1 || isLookedUp, (last.split(separator: "/").last ?? "").hasPrefix("python") else {
            return nil
        }
        return words
    }

    /// Compiles the modules.
    ///
    /// - Parameters:
    ///   - place: a copy of the code. Code of the project may run there at the same time: the byte code is elsewhere.
    ///   - cache: the absolute path of the directory for the byte code, which repeats the path of each module.
    ///   - turn: runs the interpreter.
    func run(in place: borrowing Directory, cache: String, turn: PushTurn) throws {
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        let user = settings.account.map { ["--user", $0.description] } ?? []
        let seconds = min(settings.listTimeout, Compilation.limit)
        let command = Command(
            path: settings.shim,
            arguments: ["scrapy-spool-shim", "--guard", String(seconds)] + user + ["--"] + interpreter
                + ["-I", "-c", Compilation.program, cache],
            environment: settings.environment, files: [null.number, null.number, null.number])
        // Modules for another Python, templates and modules with errors fail to compile: that is harmless.
        _ = try turn.run(command, in: place)
    }
}
