/// A call of one of Slurm's programs, none of which a shell ever sees.
public struct SlurmCall: Hashable, Sendable {
    /// The program's file.
    public let program: String
    /// Its arguments, without its own name.
    public let arguments: [String]
    /// What it reads on its standard input.
    public let input: String
    /// Its whole environment, as `NAME=value`.
    public let environment: [String]
    /// Seconds after which it is ended: with the controller down, the programs wait for it.
    public let patience: Int

    /// Hands a start to Slurm, under the attempt's name.
    ///
    /// - Parameter script: what runs on the node.
    public static func submission(
        of attempt: String, script: SlurmScript, by settings: SlurmSettings
    ) -> SlurmCall {
        var arguments = [
            "--parsable", "--no-requeue", "--job-name=\(attempt)",
            // Anything else but ALL makes Slurm run a login shell for each job.
            "--export=ALL",
            // Without these a job takes a whole node.
            "--ntasks=1", "--mem=\(settings.mebibytes)M",
            // A directory that is missing, or a log that cannot be written, ends a job without a word.
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

    /// Asks for all jobs of this user that have not ended: a line each, the name and the state.
    public static func list(by settings: SlurmSettings) -> SlurmCall {
        SlurmCall(
            program: settings.squeue, arguments: ["--noheader", "--me", "--format=%j %T"], input: "",
            environment: settings.environment, patience: 20)
    }

    /// Ends all jobs that were submitted for an attempt, by the name alone: a number may be another job's by now.
    public static func cancel(_ attempt: String, by settings: SlurmSettings) -> SlurmCall {
        SlurmCall(
            program: settings.scancel, arguments: ["--quiet", "--me", "--name=\(attempt)"], input: "",
            environment: settings.environment, patience: 20)
    }
}

extension SlurmSettings {
    /// The memory in Slurm's unit, rounded up.
    var mebibytes: Int { max(1, (memory + (1 << 20) - 1) >> 20) }

    /// The time limit in Slurm's unit; nil for none. The shim's own limit comes first, with all that it takes to end a
    /// job: Slurm is late by up to a minute and gives no reason.
    var minutes: Int? { time == 0 ? nil : (time + 59) / 60 + 3 }
}
