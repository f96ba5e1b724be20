internal import CLinux
internal import Glibc

/// A process to start.
public struct Command: Sendable {
    /// The program's file.
    public var path: String
    /// The arguments, the program's name first.
    public var arguments: [String]
    /// The complete environment, as `NAME=value`.
    public var environment: [String]
    /// The files that become descriptors 0, 1, 2, …; nil closes a number. More than 16 are EINVAL.
    public var files: [Int32?]
    /// Signals that stay blocked in the new process, which takes them with sigwait. Ignored with ``account``.
    public var blockedSignals: [Int32] = []
    /// Whether it becomes the leader of a new process group.
    public var ownGroup = false
    /// The user that it runs as; nil for the caller's. Only root can set it, in a process with one thread.
    public var account: Account?

    /// A process in the caller's process group, with no blocked signals.
    public init(path: String, arguments: [String], environment: [String], files: [Int32?]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.files = files
    }

    /// Starts the process in a working directory and returns its pid.
    public func spawn(in directory: borrowing Directory) throws(SystemError) -> Int32 {
        var pid: pid_t = 0
        var blocked = sigset_t()
        sigemptyset(&blocked)
        for signal in blockedSignals { sigaddset(&blocked, signal) }
        let numbers = files.map { $0 ?? -1 }
        let place = directory.descriptor.number
        let code = withStrings(arguments) { arguments in
            withStrings(environment) { environment in
                guard let account else {
                    return clinux_spawn(
                        &pid, path, arguments, environment, numbers, Int32(numbers.count), place, &blocked,
                        ownGroup ? 1 : 0)
                }
                return account.withCredentials { credentials in
                    clinux_spawn_as(
                        &pid, path, arguments, environment, numbers, Int32(numbers.count), place, ownGroup ? 1 : 0,
                        credentials)
                }
            }
        }
        guard code == 0 else { throw SystemError(code: code, operation: "start \(path)") }
        return pid
    }
}

/// Calls a closure with a NULL-terminated array of C strings. A string ends at its first NUL: callers pass validated
/// text.
private func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return pointers.withUnsafeMutableBufferPointer { body(UnsafePointer($0.baseAddress!)) }
}
