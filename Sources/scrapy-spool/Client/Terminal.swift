internal import ArgumentParser
internal import Glibc
internal import SpoolClient

/// The three standard streams, and whether they are terminals.
enum Terminal {
    /// Whether standard output is a terminal.
    static let isOutput = isatty(STDOUT_FILENO) == 1
    /// Whether the user can be asked: standard input and standard error are terminals.
    static let canAsk = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
    /// Whether to use colours: only on a terminal, and not if NO_COLOR is set (no-color.org).
    static let hasColour = isOutput && getenv("NO_COLOR").map { $0.pointee == 0 } ?? true

    /// The columns of the terminal.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes on standard output. Throws the exit status of SIGPIPE when the reader has closed the pipe.
    static func put(_ text: String) throws {
        try put(Array(text.utf8))
    }

    /// Writes on standard output. Throws the exit status of SIGPIPE when the reader has closed the pipe.
    static func put(_ bytes: [UInt8]) throws {
        try write(bytes, to: STDOUT_FILENO)
    }

    /// Writes a line on standard error.
    static func say(_ line: String) {
        putText("\(line)\n", to: STDERR_FILENO)
    }

    private static func putText(_ text: String, to file: Int32) {
        // Without standard error or a terminal there is no place to report an error.
        try? write(Array(text.utf8), to: file)
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
            // The status that a shell shows for a program that SIGPIPE ended; the connection's libraries ignore that
            // signal.
            if count < 0, errno == EPIPE { throw ExitCode(128 + SIGPIPE) }
            guard count >= 0 else {
                throw refusal("the output cannot be written: \(String(cString: strerror(errno)))", .failure)
            }
            done += count
        }
    }

    /// Asks for yes or no.
    static func confirms(_ question: String) -> Bool {
        putText("\(question) [y/N] ", to: STDERR_FILENO)
        guard let answer = Swift.readLine() else { return false }
        return ["y", "yes"].contains(answer.lowercased())
    }

    /// Asks for a password without echo; nil without a terminal. Throws the exit status of SIGINT
    /// at Ctrl-C, Ctrl-D and end of file, and for invalid UTF-8.
    static func password(for user: String) throws -> String? {
        try password("Password of \(user.printable()): ")
    }

    /// Asks for a password with the given prompt.
    static func password(_ question: String) throws -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var usual = termios()
        guard tcgetattr(terminal, &usual) == 0 else { return nil }
        // Read key by key, Ctrl-C included: if a signal ended the program here, the terminal would stay without echo.
        var silent = usual
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        putText(question, to: terminal)
        let line = password(from: terminal)
        tcsetattr(terminal, TCSAFLUSH, &usual)
        putText("\n", to: terminal)
        guard let line else { throw ExitCode(128 + SIGINT) }
        return line
    }

    /// Reads keys up to Return; nil at Ctrl-C, Ctrl-D and end of file, and for invalid UTF-8. Backspace and Ctrl-U
    /// delete as usual.
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
                // A UTF-8 character ends with bytes 10xxxxxx after its first byte.
                while let last = line.popLast(), last & 0xc0 == 0x80 {}
            default:
                if line.count < 4096 { line.append(byte) }
            }
        }
    }
}
