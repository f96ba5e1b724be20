internal import CVersion
internal import Glibc
internal import LinuxSystem

/// The program that supervises one job, or one command of the daemon.
public enum ShimProgram {
    /// Runs the job or the command of the command line to its end.
    ///
    /// - Parameter commandLine: with the program's own name. An array, since each job waits for this, and a generic type
    ///   of another module is looked up at run time.
    /// - Returns: the exit status; 64 if the arguments are not valid (EX_USAGE of sysexits.h).
    public static func run(_ commandLine: [String]) -> Int32 {
        var arguments = commandLine
        if arguments.dropFirst().first == SpareShim.option {
            guard let given = SpareShim.awaitJob(arguments) else { return Shim.leave }
            arguments = given
        }
        // execve(2) may give none at all.
        if !arguments.isEmpty { arguments.removeFirst() }
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
