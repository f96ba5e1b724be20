package import SpoolModel

/// The escalation from a request to stop to the end of all processes. Each step comes when its time is due; the last
/// one is repeated. A pure value.
package struct Escalation {
    /// The reason why the job has to end.
    package enum Cause {
        /// A request to cancel, or the removal of the job's directory.
        case cancel
        /// A termination of processes: a shutdown, or kill(1).
        case terminated
        /// The job's time limit.
        case limit
        /// The job's memory limit.
        case memory
        /// The stall limit: nothing shows that the crawl goes on.
        case stall
        /// The linger limit: the spider has closed, and its process goes on.
        case linger

        /// The `reason` of a job that reached the limit; nil for the other causes.
        package var reason: String? {
            switch self {
            case .cancel, .terminated: nil
            case .limit: "time-limit"
            case .memory: "memory-limit"
            case .stall: "stall-limit"
            case .linger: "linger-limit"
            }
        }
    }

    /// A signal to the job's processes.
    package enum Step {
        /// SIGINT to the spider's process only: scrapy finishes its requests and closes its feeds.
        case interrupt
        /// SIGTERM to its process group: scrapy stops at once at a second signal.
        case terminate
        /// SIGKILL to everything that the job started.
        case kill
    }

    /// Microseconds between two SIGKILLs, for processes that were started in between.
    private static let killInterval: Int64 = 1_000_000

    /// The reason for stopping; nil while there is none.
    package private(set) var cause: Cause?
    private var next = Step.interrupt
    private var due: Int64?
    /// The last step that was taken.
    package private(set) var lastStep: Step?
    /// Whether SIGINT was skipped because the spider probably got a signal otherwise.
    private var leavesOutPoliteness = false

    /// No request yet.
    package init() {}

    /// Requests a stop. A cancellation takes precedence over all other causes, and a limit over a termination. Steps
    /// that have begun are not restarted.
    package mutating func request(_ cause: Cause, at now: Int64) {
        switch (self.cause, cause) {
        case (.cancel, _): break
        // A limit takes precedence also over a limit that is reached later.
        case (.limit, let cause), (.memory, let cause), (.stall, let cause), (.linger, let cause):
            if cause == .cancel { self.cause = cause }
        default: self.cause = cause
        }
        if due == nil { due = now }
    }

    /// Requests a stop of a spider that has probably got a signal already: the first step is SIGTERM, after `grace`.
    package mutating func requestAgain(_ cause: Cause, at now: Int64, grace: Int) {
        let isFirst = due == nil
        request(cause, at: now)
        guard isFirst else { return }
        leavesOutPoliteness = true
        next = .terminate
        due = now + Int64(grace) * 1_000_000
    }

    /// Takes the SIGINT step after all: the spider did not get the signal. No effect if SIGINT was not skipped, or a
    /// later step was taken.
    package mutating func interruptAfterAll(at now: Int64) {
        guard leavesOutPoliteness, next == .terminate else { return }
        leavesOutPoliteness = false
        next = .interrupt
        due = now
    }

    /// Takes a step at once if it has not come so far.
    package mutating func skip(to step: CancelRequest.Step, at now: Int64) {
        switch (step, lastStep) {
        case (_, .kill?), (.terminate, .terminate?): return
        case (.terminate, _): next = .terminate
        case (.kill, _): next = .kill
        }
        due = now
    }

    /// Skips to SIGKILL.
    package mutating func hurry(at now: Int64) {
        next = .kill
        due = now
    }

    /// Microseconds until the next step; nil if there is no request.
    package func microsecondsToNextStep(at now: Int64) -> Int64? {
        due.map { max(0, $0 - now) }
    }

    /// Takes the step that is due and returns it; nil if none is.
    ///
    /// - Parameter grace: seconds from SIGINT to SIGTERM, and from there to SIGKILL.
    package mutating func dueStep(at now: Int64, grace: Int) -> Step? {
        guard let due, due <= now else { return nil }
        let step = next
        lastStep = step
        switch step {
        case .interrupt, .terminate:
            next = step == .interrupt ? .terminate : .kill
            self.due = now + Int64(grace) * 1_000_000
        case .kill:
            self.due = now + Escalation.killInterval
        }
        return step
    }
}
