internal import Glibc
internal import LinuxSystem

/// The program that is in charge of one job, or of one command of the daemon's.
public enum ShimProgram {
    /// Does what the command line says, and sees it to its end.
    ///
    /// - Parameter arguments: without the program's own name.
    /// - Returns: the exit status; 64 when the arguments are of no use (EX_USAGE of sysexits.h).
    public static func run(_ arguments: some Sequence<String>) -> Int32 {
        guard let assignment = Assignment(arguments) else {
            _ = Assignment.usage.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
            return 64
        }
        // What is said to nobody is lost, and no reason to leave a job alone. Programs that are started get the default back.
        Machine.ignoreBrokenPipes()
        if let fileLimit = assignment.fileLimit { Machine.setFileLimit(fileLimit) }
        if let limit = assignment.guardLimit { return Guard.run(assignment, limit: limit) }
        return Shim.run(assignment)
    }
}
