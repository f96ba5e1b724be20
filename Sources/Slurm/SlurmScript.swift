/// The batch script of a job: it executes the shim in an environment without Slurm's variables.
public struct SlurmScript: Hashable, Sendable {
    /// The whole script.
    public let text: String

    /// A script for a shim.
    ///
    /// - Parameters:
    ///   - shim: the shim's file.
    ///   - options: its options, without those that only the node knows (`--node`, `--slurm-job`), which are added.
    ///   - command: the command line of the spider.
    ///   - environment: the environment of the shim and the spider, as `NAME=value`.
    public init(shim: String, options: [String], command: [String], environment: [String]) {
        let words = ["exec", "/usr/bin/env", "-i"] + (environment + [shim] + options).map(SlurmScript.quoted)
        // Variables that the shell on the node expands.
        let node = ["--node", "\"$SLURMD_NODENAME\"", "--slurm-job", "\"$SLURM_JOB_ID\"", "--"]
        text = "#!/bin/sh\n" + (words + node + command.map(SlurmScript.quoted)).joined(separator: " ") + "\n"
    }

    /// A word in single quotes, which the shell does not expand (POSIX, XCU 2.2.2).
    static func quoted(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
