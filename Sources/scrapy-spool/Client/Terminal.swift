internal import ArgumentParser
internal import Glibc
internal import SpoolClient

/// The three files that a program starts with, and what is known of them.
enum Terminal {
    /// Whether standard output goes to a person.
    static let isOutput = isatty(STDOUT_FILENO) == 1
    /// Whether there is a person to ask: input from the terminal, and a place for the question.
    static let canAsk = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
    /// Whether to use colours: for people only, and not for those who do not want any (no-color.org).
    static let hasColour = isOutput && getenv("NO_COLOR").map { $0.pointee == 0 } ?? true

    /// The columns of the terminal.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes on standard output. Ends the program when nobody reads any more.
    static func put(_ text: String) throws {
        try put(Array(text.utf8))
    }

    /// Writes on standard output. Ends the program when nobody reads any more.
    static func put(_ bytes: [UInt8]) throws {
        try write(bytes, to: STDOUT_FILENO)
    }

    /// Writes a line for people on standard error.
    static func say(_ line: String) {
        try? write(Array("\(line)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes bytes on standard error.
    static func putError(_ bytes: [UInt8]) throws {
        try write(bytes, to: STDERR_FILENO)
    }

    private static func write(_ bytes: [UInt8], to file: Int32) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // What the shell shows for a program that SIGPIPE ended; the libraries of the connection ignore it.
            if count < 0, errno == EPIPE { throw ExitCode(128 + SIGPIPE) }
            guard count >= 0 else {
                throw refusal("the output cannot be written: \(String(cString: strerror(errno)))", .failure)
            }
            done += count
        }
    }

    /// Asks for yes or no.
    static func confirms(_ question: String) -> Bool {
        try? putError(Array("\(question) [y/N] ".utf8))
        guard let answer = Swift.readLine() else { return false }
        return ["y", "yes"].contains(answer.lowercased())
    }

    /// Asks for a password, which does not appear; nil where there is no terminal. Ctrl-C ends the program.
    static func password(for user: String) throws -> String? {
        try password("Password of \(user.printable()): ")
    }

    /// Asks for a password with a question of the caller's.
    static func password(_ question: String) throws -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var usual = termios()
        guard tcgetattr(terminal, &usual) == 0 else { return nil }
        // Keys come one by one, Ctrl-C as well: ended by a signal here, the program would leave a silent terminal.
        var silent = usual
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        try? write(Array(question.utf8), to: terminal)
        let line = password(from: terminal)
        tcsetattr(terminal, TCSAFLUSH, &usual)
        try? write([UInt8(ascii: "\n")], to: terminal)
        guard let line else { throw ExitCode(128 + SIGINT) }
        return line
    }

    /// Reads keys up to Return; nil at Ctrl-C, Ctrl-D and the end. Backspace and Ctrl-U do what they do elsewhere.
    private static func password(from terminal: Int32) -> String? {
        var line: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let count = read(terminal, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            switch byte {
            case 0x03, 0x04: return nil
            case 0x0a, 0x0d: return String(validating: line, as: UTF8.self)
            case 0x15: line = []
            case 0x08, 0x7f:
                // A character of UTF-8 ends with bytes 10xxxxxx after its first one.
                while let last = line.popLast(), last & 0xc0 == 0x80 {}
            default:
                if line.count < 4096 { line.append(byte) }
            }
        }
    }
}
