internal import CLinux
internal import Glibc

/// A process to start.
public struct Command: Sendable {
    /// The program's file.
    public var path: String
    /// The arguments, the program's own name first.
    public var arguments: [String]
    /// The whole environment, as `NAME=value`.
    public var environment: [String]
    /// What becomes descriptors 0, 1, 2, …; nil closes a number. More than 16 are EINVAL.
    public var files: [Int32?]
    /// The signals that stay blocked in the new process, to be taken with sigwait.
    public var blockedSignals: [Int32] = []
    /// Whether it leads a new process group.
    public var ownGroup = false
    /// In whose name it runs, which root alone can choose, in a process with one thread and nothing blocked; nil for
    /// the caller's.
    public var account: Account?

    /// A process to start, with nothing blocked, in the caller's group.
    public init(path: String, arguments: [String], environment: [String], files: [Int32?]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.files = files
    }

    /// Starts it in a working directory and gives its number.
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

/// Calls with a NULL-terminated array of C strings. A NUL within a string would end it, so nothing after one is seen:
/// callers pass validated text.
private func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return pointers.withUnsafeMutableBufferPointer { body(UnsafePointer($0.baseAddress!)) }
}
