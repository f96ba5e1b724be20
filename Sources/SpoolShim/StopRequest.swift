/// The way from a request to stop to the end of everything: each step when its time has come, each once. A pure value.
package struct StopRequest {
    /// Who wants the job to end.
    package enum Cause {
        /// A user.
        case cancel
        /// Whoever ends processes: a shutdown, a person with kill(1).
        case terminated
        /// The time that the job was given is over.
        case limit
        /// The job takes more memory than it was given.
        case memory
    }

    /// What is done to the spider.
    package enum Step {
        /// SIGINT to the spider's process alone: scrapy ends what it has begun and closes its feeds.
        case interrupt
        /// SIGTERM to its process group: for scrapy the second signal, at which it stops at once.
        case terminate
        /// SIGKILL to everything that the job started.
        case kill
    }

    /// Microseconds between SIGKILLs: what was started in between gets the next one.
    private static let killInterval: Int64 = 1_000_000

    /// Why the job is to stop; nil as long as it is not.
    package private(set) var cause: Cause?
    private var next = Step.interrupt
    private var due: Int64?
    /// The last step that was taken.
    package private(set) var lastStep: Step?
    /// Whether the polite step was left out, because the spider was taken to have heard of it otherwise.
    private var leavesOutPoliteness = false

    /// Nothing is to stop yet.
    package init() {}

    /// Begins to stop. A user's request counts more than another's, a limit more than the end that it brings; what was begun
    /// is not begun again.
    package mutating func request(_ cause: Cause, at now: Int64) {
        switch (self.cause, cause) {
        case (.cancel, _), (.limit, .terminated), (.memory, .terminated): break
        default: self.cause = cause
        }
        if due == nil { due = now }
    }

    /// Begins to stop where somebody has told the spider so already: the next step is the less polite one.
    package mutating func requestAgain(_ cause: Cause, at now: Int64, grace: Int) {
        let isFirst = due == nil
        request(cause, at: now)
        guard isFirst else { return }
        leavesOutPoliteness = true
        next = .terminate
        due = now + Int64(grace) * 1_000_000
    }

    /// Takes the polite step after all: the spider has not heard of the request. Nothing changes when that step was not left
    /// out, or a later one was taken.
    package mutating func interruptAfterAll(at now: Int64) {
        guard leavesOutPoliteness, next == .terminate else { return }
        leavesOutPoliteness = false
        next = .interrupt
        due = now
    }

    /// Leaves politeness out: the next step is the last.
    package mutating func hurry(at now: Int64) {
        next = .kill
        due = now
    }

    /// How long nothing is to be done; nil: for ever.
    package func microsecondsToNextStep(at now: Int64) -> Int64? {
        due.map { max(0, $0 - now) }
    }

    /// The step whose time has come, which is taken with this.
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
            self.due = now + StopRequest.killInterval
        }
        return step
    }
}
