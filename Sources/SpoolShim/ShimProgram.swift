internal import Glibc
internal import LinuxSystem

/// The program that supervises one job, or one command of the daemon.
public enum ShimProgram {
    /// Runs the job or the command of the command line to its end.
    ///
    /// - Parameter arguments: without the program's own name.
    /// - Returns: the exit status; 64 if the arguments are not valid (EX_USAGE of sysexits.h).
    public static func run(_ arguments: some Sequence<String>) -> Int32 {
        guard let options = ShimOptions(arguments) else {
            _ = ShimOptions.usage.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
            return 64
        }
        // A broken pipe must not end the shim. Programs that it starts get the default disposition.
        Host.ignoreBrokenPipes()
        if let fileLimit = options.fileLimit { Host.setFileLimit(fileLimit) }
        if let limit = options.guardLimit { return GuardedCommand.run(options, limit: limit) }
        return Shim.run(options)
    }
}
