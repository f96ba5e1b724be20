internal import LinuxSystem
internal import Slurm
internal import SpoolModel
internal import Synchronization

/// Where Slurm's programs are called for the engine, which never waits for them: they wait for a controller that is down.
/// Their answers are laid down here, and the bell is rung.
final class SlurmDesk: Sendable {
    /// What came of a call.
    enum Report: Sendable {
        /// `sbatch` came back for an attempt, at an instant of the steady clock; with why it refused, if it did.
        case handedOver(JobID, attempt: String, at: Int64, problem: String?)
        /// `squeue` came back, which began at that instant; nil when nothing can be said.
        case listed(SlurmListing?, begun: Int64, problem: String?)
    }

    private let bell: EngineBell
    private let reports = Mutex<[Report]>([])
    /// Two lines, so that a long one of submissions does not keep the lists waiting.
    private let submissions: SerialThread
    private let lists: SerialThread

    init(bell: EngineBell) throws(SystemError) {
        self.bell = bell
        submissions = try SerialThread(named: "slurm-submit")
        lists = try SerialThread(named: "slurm-list")
    }

    /// What was reported since this was asked the last time.
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
            try submissions.run { [self] in
                let (_, problem) = SlurmDesk.answer(to: call)
                report(.handedOver(id, attempt: attempt, at: Machine.steadyClock(), problem: problem))
            }
        } catch {
            report(.handedOver(id, attempt: attempt, at: Machine.steadyClock(), problem: "\(error)"))
        }
    }

    /// Asks for the list of jobs.
    func list(_ call: SlurmCall) {
        let begun = Machine.steadyClock()
        do throws(SystemError) {
            try lists.run { [self] in
                let begun = Machine.steadyClock()
                let (output, problem) = SlurmDesk.answer(to: call)
                report(.listed(output.map { SlurmListing(parsing: $0) }, begun: begun, problem: problem))
            }
        } catch {
            report(.listed(nil, begun: begun, problem: "\(error)"))
        }
    }

    /// Tells Slurm to end a job. Nobody waits for an answer: whether it was heard shows in the job's directory.
    func cancel(_ call: SlurmCall) {
        // Behind the submission of the same job, if that still waits.
        // Without a thread the job is canceled by its own shim, which finds the request in the tree.
        try? submissions.run { _ = SlurmDesk.answer(to: call) }
    }

    /// What a program wrote, or why that means nothing.
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
