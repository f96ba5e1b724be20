internal import CVersion
internal import Glibc
internal import LinuxSystem

/// The program that supervises one job, or one command of the daemon.
public enum ShimProgram {
    /// Runs the job or the command of the command line to its end.
    ///
    /// - Parameter arguments: without the program's own name.
    /// - Returns: the exit status; 64 if the arguments are not valid (EX_USAGE of sysexits.h).
    public static func run(_ arguments: some Sequence<String>) -> Int32 {
        let arguments = Array(arguments)
        if arguments == ["--version"] {
            return print(String(cString: cversion_line()) + "\n", on: STDOUT_FILENO) ? 0 : 1
        }
        guard let options = ShimOptions(arguments) else {
            _ = print(ShimOptions.usage, on: STDERR_FILENO)
            return 64
        }
        // A broken pipe must not end the shim. Programs that it starts get the default disposition.
        Host.ignoreBrokenPipes()
        if let fileLimit = options.fileLimit { Host.setFileLimit(fileLimit) }
        if let limit = options.guardLimit { return GuardedCommand.run(options, limit: limit) }
        return Shim.run(options)
    }

    /// Writes a short text in one call. Returns whether all of it was taken.
    private static func print(_ text: String, on descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { write(descriptor, $0.baseAddress, $0.count) == $0.count }
    }
}
