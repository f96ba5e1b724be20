/// A call of one of Slurm's programs, started without a shell.
public struct SlurmCall: Hashable, Sendable {
    /// The program's file.
    public let program: String
    /// Its arguments, without its own name.
    public let arguments: [String]
    /// The content of its standard input.
    public let input: String
    /// Its whole environment, as `NAME=value`.
    public let environment: [String]
    /// Seconds after which it is killed: while the controller is down, the programs wait for it.
    public let patience: Int

    /// Submits a start to Slurm with the attempt as the job's name.
    ///
    /// - Parameter script: the batch script that the node runs.
    public static func submission(
        of attempt: String, script: SlurmScript, by settings: SlurmSettings
    ) -> SlurmCall {
        var arguments = [
            "--parsable", "--no-requeue", "--job-name=\(attempt)",
            // Any other value than ALL makes Slurm run a login shell for each job.
            "--export=ALL",
            // Without these, a job occupies a whole node.
            "--ntasks=1", "--mem=\(settings.mebibytes)M",
            // A missing directory or a log that cannot be written would end the job without an error message.
            "--chdir=/", "--output=/dev/null",
        ]
        if !settings.partition.isEmpty { arguments.append("--partition=\(settings.partition)") }
        if !settings.account.isEmpty { arguments.append("--account=\(settings.account)") }
        if settings.nice != 0 { arguments.append("--nice=\(settings.nice)") }
        if let minutes = settings.minutes { arguments.append("--time=\(minutes)") }
        return SlurmCall(
            program: settings.sbatch, arguments: arguments + settings.options, input: script.text,
            environment: settings.environment, patience: 30)
    }

    /// Lists all jobs of this user that have not ended, one a line: name and state.
    public static func list(by settings: SlurmSettings) -> SlurmCall {
        SlurmCall(
            program: settings.squeue, arguments: ["--noheader", "--me", "--format=%j %T"], input: "",
            environment: settings.environment, patience: 20)
    }

    /// Ends all jobs that were submitted for an attempt. It selects by name: Slurm may have given the number to another
    /// job.
    public static func cancel(_ attempt: String, by settings: SlurmSettings) -> SlurmCall {
        SlurmCall(
            program: settings.scancel, arguments: ["--quiet", "--me", "--name=\(attempt)"], input: "",
            environment: settings.environment, patience: 20)
    }
}

extension SlurmSettings {
    /// The memory limit in MiB, the unit of `--mem`, rounded up.
    var mebibytes: Int { max(1, (memory + (1 << 20) - 1) >> 20) }

    /// The time limit in minutes, the unit of `--time`; nil for no limit. It is 3 minutes longer than the shim's own
    /// limit, so that the shim has time to end the job and to record the reason: Slurm is up to a minute late and gives
    /// no reason.
    var minutes: Int? { time == 0 ? nil : (time + 59) / 60 + 3 }
}
