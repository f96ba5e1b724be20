/// The batch script of a job: becomes the shim, with an environment in which nothing of Slurm's is.
public struct SlurmScript: Hashable, Sendable {
    /// The whole script.
    public let text: String

    /// A script for a shim.
    ///
    /// - Parameters:
    ///   - shim: the shim's file.
    ///   - options: its options, to which those are added that only the node knows.
    ///   - command: the command line of the spider.
    ///   - environment: the environment of the shim and the spider, as `NAME=value`.
    public init(shim: String, options: [String], command: [String], environment: [String]) {
        let words = ["exec", "/usr/bin/env", "-i"] + (environment + [shim] + options).map(SlurmScript.quoted)
        // Words that the shell on the node puts in.
        let node = ["--node", "\"$SLURMD_NODENAME\"", "--slurm-job", "\"$SLURM_JOB_ID\"", "--"]
        text = "#!/bin/sh\n" + (words + node + command.map(SlurmScript.quoted)).joined(separator: " ") + "\n"
    }

    /// A word that the shell takes as it stands (POSIX, XCU 2.2.2).
    static func quoted(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
