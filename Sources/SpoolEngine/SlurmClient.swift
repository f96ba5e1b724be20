internal import LinuxSystem
internal import Slurm
internal import SpoolModel
internal import Synchronization

/// Calls sbatch, squeue and scancel off the engine's thread, because they block while Slurm's controller is down.
/// Results are queued here and wake the engine.
final class SlurmClient: Sendable {
    /// The result of a call.
    enum Report: Sendable {
        /// `sbatch` ended for an attempt, at an instant of the steady clock; `problem` is the reason if it failed.
        case handedOver(JobID, attempt: String, at: Int64, problem: String?)
        /// `squeue` ended, which began at an instant of the steady clock; the listing is nil if it failed.
        case listed(SlurmListing?, begun: Int64, problem: String?)
    }

    private let bell: EngineControl
    private let reports = Mutex<[Report]>([])
    /// Two threads, so that a long queue of submissions does not delay the listings.
    private let sbatchCalls: SerialThread
    private let lists: SerialThread

    init(bell: EngineControl) throws(SystemError) {
        self.bell = bell
        sbatchCalls = try SerialThread(named: "slurm-submit")
        lists = try SerialThread(named: "slurm-list")
    }

    /// Removes and returns the results since the last call.
    func takeReports() -> [Report] {
        reports.withLock { reports in
            defer { reports = [] }
            return reports
        }
    }

    private func report(_ report: Report) {
        reports.withLock { $0.append(report) }
        bell.ring()
    }

    /// Hands a job to Slurm.
    func submit(_ id: JobID, _ attempt: String, _ call: SlurmCall) {
        do throws(SystemError) {
            try sbatchCalls.run { [self] in
                let (_, problem) = SlurmClient.answer(to: call)
                report(.handedOver(id, attempt: attempt, at: SystemClock.monotonic(), problem: problem))
            }
        } catch {
            report(.handedOver(id, attempt: attempt, at: SystemClock.monotonic(), problem: "\(error)"))
        }
    }

    /// Asks for the list of jobs.
    func list(_ call: SlurmCall) {
        let begun = SystemClock.monotonic()
        do throws(SystemError) {
            try lists.run { [self] in
                let begun = SystemClock.monotonic()
                let (output, problem) = SlurmClient.answer(to: call)
                report(.listed(output.map { SlurmListing(parsing: $0) }, begun: begun, problem: problem))
            }
        } catch {
            report(.listed(nil, begun: begun, problem: "\(error)"))
        }
    }

    /// Has Slurm cancel a job. The result is not reported: the job's directory shows whether it ended.
    func cancel(_ call: SlurmCall) {
        // Queued behind the submission of the same job, if that still waits. Without a thread the job's own shim
        // cancels it, because it finds the request in the tree.
        try? sbatchCalls.run { _ = SlurmClient.answer(to: call) }
    }

    /// A program's output, or the reason of its failure.
    private static func answer(to call: SlurmCall) -> (output: String?, problem: String?) {
        let command = Command(
            path: call.program, arguments: [call.program] + call.arguments, environment: call.environment, files: [])
        do throws(SystemError) {
            let outcome = try command.run(input: call.input, within: call.patience)
            let said = outcome.error.split(separator: "\n").last.map { ": \($0)" } ?? ""
            switch outcome.status {
            case 0: return (outcome.output, nil)
            case nil: return (nil, "\(call.program) took more than \(call.patience) s\(said)")
            case let status?: return (nil, "\(call.program) ended with \(status)\(said)")
            }
        } catch {
            return (nil, "\(error)")
        }
    }
}
